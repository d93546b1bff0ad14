"""The manifest of an export folder: `manifest.json`, which lists its files, and from which weights they were made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from nst_core.errors import ExportError
from nst_core.system.atomic_files import write_atomic

FORMAT: Literal[1] = 1
NAME = "manifest.json"
Part = Literal["style_predict", "style_transform", "slow_objective", "slow_weights"]
Precision = Literal["float32", "float16", "int8", "codebook"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float16", "int8")
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*\.(tflite|bin)$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tensor(_Frozen):
    """An input or an output of a file.

    Attributes:
        name: its name in the file's signature.
        shape: its sizes, all fixed.
        dtype: the type of its numbers, such as "float32".
        range: the least and the greatest expected value; None if every value is possible.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    range: tuple[float, float] | None = None


class ExportedFile(_Frozen):
    """A LiteRT file; or weights that are joined to LiteRT files in a browser: see `slow_weights`.

    Attributes:
        file: its name in the folder.
        part: what it computes.
        size_px: the longest edge of the pictures that it takes; 0: weights, which serve every size.
        precision: the type in which its weights are stored; codebook: 8-bit indices into tables of float32.
        bytes, sha256: of the file.
        inputs, outputs: its tensors, in the file's order.
        licence: of the weights.
    """

    file: FileName
    part: Part
    size_px: int
    precision: Precision
    bytes: int
    sha256: Sha256
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    licence: str


class Manifest(_Frozen):
    """An export folder.

    Attributes:
        format: version of this file's form.
        made_with: versions of the programs that made the files.
        source: SHA-256 of the weights, by network.
        files: the files of the folder.
    """

    format: Literal[1] = FORMAT
    made_with: Mapping[str, str]
    source: Mapping[str, str]
    files: tuple[ExportedFile, ...]

    def find(self, part: Part, size_px: int, precision: Precision = "float16") -> ExportedFile:
        """The file of a part. Raises ExportError if the folder does not have it."""
        for each in self.files:
            if (each.part, each.size_px, each.precision) == (part, size_px, precision):
                return each
        raise ExportError(f"the export has no {part} of {size_px} px in {precision}; make it again with that size")


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a folder, atomically. Raises OSError."""
    write_atomic(folder / NAME, manifest.model_dump_json(indent=2).encode() + b"\n")


def read(folder: Path) -> Manifest:
    """The manifest of a folder; the files themselves are not read. Raises ExportError."""
    try:
        return Manifest.model_validate_json((folder / NAME).read_bytes())
    except (OSError, ValidationError) as error:
        reason = f"{error.error_count()} wrong fields" if isinstance(error, ValidationError) else error.strerror
        raise ExportError(f"{folder} has no usable {NAME} ({reason}); make the export again") from error


def verify(folder: Path) -> Manifest:
    """Read the manifest of a folder, and check the sizes and hashes of its files. Raises ExportError."""
    manifest = read(folder)
    for each in manifest.files:
        try:
            data = (folder / each.file).read_bytes()
        except OSError as error:
            raise ExportError(f"{each.file} cannot be read ({error.strerror}); make the export again") from error
        if len(data) != each.bytes or hashlib.sha256(data).hexdigest() != each.sha256:
            raise ExportError(f"{each.file} does not have its recorded hash; make the export again")
    return manifest
