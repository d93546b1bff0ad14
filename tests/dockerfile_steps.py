"""Runs the steps of a Dockerfile in a folder, which shows most mistakes without a container engine.

Each stage has a folder that stands for its root, and paths such as /opt/venv in commands and variables are mapped into
it. The environment of this Python stands for the one that the Dockerfile makes, so that pip only checks that it is
complete, and users are not made. What needs an engine is not tried: base images, users, mounts, the limits at run time.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

VENV = "/opt/venv"
_OURS = re.compile(r"(?<![\w./-])/(?=(?:app|build|data|opt)\b)")
"""The beginning of an absolute path that belongs to the image."""
_STUBS = ("useradd", "chown")
"""Programs that need the superuser."""


@dataclass
class Stage:
    """A stage: the folder that stands for its root, and what its instructions have set."""

    root: Path
    folder: str = "/"
    variables: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def mapped(self, text: str) -> str:
        """A command or a value with its absolute paths in the stage's folder."""
        return _OURS.sub(f"{self.root}/", text)

    def path(self, inside: str) -> Path:
        """A path of the image, absolute or below the working directory."""
        return self.root / os.path.join(self.folder, inside).lstrip("/")

    def environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command: this process's, the Dockerfile's arguments, then its `own`."""
        tools = f"{self.root}/stubs{os.pathsep}"
        given = {name: self.mapped(value) for name, value in {**self.variables, **own}.items()}
        path = given.get("PATH", os.environ["PATH"]).replace("$PATH", os.environ["PATH"])
        return {**os.environ, **given, "PATH": tools + path}


class DockerfileSteps:
    """Builds the stages of a Dockerfile below `folder`.

    Attributes:
        stages: by name, or by number if they have none; in the order of the file.
    """

    def __init__(self, dockerfile: Path, folder: Path) -> None:
        self._context, self._folder = dockerfile.parent, folder
        self.stages: dict[str, Stage] = {}
        text = re.sub(r"--mount=\S+ +", "", dockerfile.read_text())
        for step in DockerfileParser(fileobj=io.BytesIO(text.encode())).structure:
            instruction, value = step["instruction"], step["value"]
            if instruction == "FROM":
                self._begin(value)
            elif self.stages and (carry_out := getattr(self, f"_{instruction.lower()}", None)) is not None:
                carry_out(value)

    @property
    def last(self) -> Stage:
        """The stage that becomes the image."""
        return list(self.stages.values())[-1]

    def _begin(self, value: str) -> None:
        base, _, name = value.partition(" AS ")
        name = name or str(len(self.stages))
        stage = Stage(self._folder / name)
        if earlier := self.stages.get(base):
            shutil.copytree(earlier.root, stage.root, symlinks=True)
            stage.variables, stage.folder = dict(earlier.variables), earlier.folder
        (stage.root / "stubs").mkdir(parents=True, exist_ok=True)
        for stub in _STUBS:
            (stage.root / "stubs" / stub).write_text("#!/bin/sh\n")
            (stage.root / "stubs" / stub).chmod(0o755)
        self.stages[name] = stage

    def _workdir(self, value: str) -> None:
        self.last.folder = value
        self.last.path(".").mkdir(parents=True, exist_ok=True)

    def _arg(self, value: str) -> None:
        name, _, default = value.partition("=")
        self.last.variables.setdefault(name, default.strip('"'))

    def _env(self, value: str) -> None:
        for pair in value.split():
            name, _, setting = pair.partition("=")
            self.last.settings[name] = setting

    def _copy(self, value: str) -> None:
        *sources, target = value.split()
        origin = self._context
        if sources[0].startswith("--from="):
            stage = self.stages[sources.pop(0).removeprefix("--from=")]
            origin, sources = stage.root, [source.lstrip("/") for source in sources]
        for source in sources:
            destination = self.last.path(target)
            if target.endswith("/") or len(sources) > 1:
                destination = destination / Path(source).name
            destination.parent.mkdir(parents=True, exist_ok=True)
            if (origin / source).is_dir() and not (origin / source).is_symlink():
                ignored = shutil.ignore_patterns("__pycache__", "stubs")
                shutil.copytree(origin / source, destination, symlinks=True, ignore=ignored, dirs_exist_ok=True)
            else:
                shutil.copy(origin / source, destination, follow_symlinks=False)

    def _run(self, value: str) -> None:
        if f"venv {VENV}" in value:
            self.last.path(VENV).parent.mkdir(parents=True, exist_ok=True)
            self.last.path(VENV).symlink_to(sys.prefix)
            return
        environment = self.last.environment(self.last.settings)
        if "pip install" in value:
            value = value.replace("pip install", "pip install --dry-run --no-index --quiet")
        command = ["sh", "-ec", self.last.mapped(value)]
        done = subprocess.run(
            command, cwd=self.last.path("."), env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise AssertionError(f"RUN {value}\n{done.stdout}\n{done.stderr}")

    def _cmd(self, value: str) -> None:
        self.last.settings["CMD"] = value

    def _healthcheck(self, value: str) -> None:
        self.last.settings["HEALTHCHECK"] = value.partition(" CMD ")[2]

    def command(self, name: str, port: int) -> tuple[list[str], dict[str, str]]:
        """CMD or HEALTHCHECK in the exec form, for another port than the image's, and its environment."""
        stage = self.last
        words = [stage.mapped(word).replace("8501", str(port)) for word in json.loads(stage.settings[name])]
        own = {key: value for key, value in stage.settings.items() if key not in ("CMD", "HEALTHCHECK")}
        return words, stage.environment(own)
