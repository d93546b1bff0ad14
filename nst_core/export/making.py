"""Makes an export folder: the LiteRT files, and the manifest that lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nst_core.errors import ExportError
from nst_core.export.manifest import ExportedFile, Manifest, Precision, write
from nst_core.models import weights

SIZES_PX = (128, 192, 256, 384, 512)
"""The default sizes. Phones use the large ones; a browser chooses a size that is fast enough on its device."""
OnFile = Callable[[ExportedFile], None]


def make(
    folder: Path,
    sizes_px: Sequence[int] = SIZES_PX,
    precisions: Sequence[Precision] = ("float32", "float16"),
    *,
    slow: bool = True,
    on_file: OnFile = lambda _: None,
) -> Manifest:
    """Write the networks to a folder: style prediction once, the transformer for each size, and the slow method's.

    Args:
        folder: is made if it is not there; files of the same names are replaced, the manifest last.
        sizes_px: sides of the square pictures, multiples of 4.
        precisions: of the fast pair's files; a file for each.
        slow: whether to write the slow method's graphs and weights too; their sizes are fixed.
        on_file: called with each file when it is written.

    Raises:
        ExportError: a size is unusable, a graph cannot be converted, or the folder cannot be written.
        WeightsError: the networks cannot be had.
    """
    import tensorflow as tf

    from nst_core.export import fast_files, slow_files

    files = []
    found = weights.find("magenta")
    source = {"magenta": found.sha256}
    try:
        for made in fast_files.write(folder, found, sizes_px, precisions):
            files.append(made)
            on_file(made)
        if slow:
            vgg19 = weights.find("vgg19")
            source["vgg19"] = vgg19.sha256
            for made in slow_files.write(folder, vgg19):
                files.append(made)
                on_file(made)
        manifest = Manifest(made_with={"tensorflow": tf.__version__}, source=source, files=tuple(files))
        write(folder, manifest)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}); name another folder") from error
    return manifest
