"""A program is started again once with the tuned environment, and is otherwise unchanged."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nst_core.system import tuning
from nst_core.system.tuning import TUNED

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """\
import json, os, sys
with open(os.environ["STARTS"], "a") as starts:
    starts.write("x")
from nst_core.system.tuning import TUNED, tune_process
tune_process()
print(json.dumps({
    "pid": os.getpid(),
    "arguments": sys.argv[1:],
    "options": sys._xoptions,
    "optimize": sys.flags.optimize,
    "warnings": sys.warnoptions,
    "environment": {name: os.environ.get(name) for name in TUNED},
    "input": sys.stdin.read(),
    "tensorflow": "tensorflow" in sys.modules,
}), flush=True)
if sys.argv[-1] == "wait":
    import time
    time.sleep(60)
sys.exit(7)
"""
"""Prints its state, and exits with a status of its own."""
OPTIONS = ("-O", "-X", "utf8=1", "-X", "importtime=0", "-W", "ignore::UserWarning")
GLIBC = pytest.mark.skipif(not tuning._has_glibc(), reason="only glibc is tuned at a program's start")


@pytest.fixture
def starts(tmp_path: Path) -> Any:
    return tmp_path / "starts"


@pytest.fixture
def start(tmp_path: Path, starts: Any) -> Any:
    """Start the program, as `how` says, with an environment that sets none of the variables but `more`."""
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "__main__.py").write_text(PROGRAM)
    (tmp_path / "told.py").write_text(PROGRAM)
    ways = {"-c": ["-c", PROGRAM], "-m": ["-m", "told"], "script": [str(tmp_path / "told.py")]}
    plain = {name: value for name, value in os.environ.items() if name not in TUNED}

    def run(how: Any, *arguments: Any, program: Any = None, **more: Any) -> Any:
        return subprocess.Popen(
            [sys.executable, *OPTIONS, *(ways[how] if how else []), *arguments],
            cwd=tmp_path,
            env={**plain, "PYTHONPATH": str(ROOT), "STARTS": str(starts), **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    return run


@GLIBC
@pytest.mark.parametrize("how", ["-c", "-m", "script"])
def test_the_program_starts_again_once_with_all_its_options(start: Any, starts: Any, how: str) -> None:
    process = start(how, "two words", "--set", "a=b")
    told = json.loads(process.communicate("input", timeout=60)[0])
    assert starts.read_text() == "xx"
    assert process.returncode == 7
    assert told == {
        "pid": process.pid,
        "arguments": ["two words", "--set", "a=b"],
        "options": {"utf8": "1", "importtime": "0"},
        "optimize": 1,
        "warnings": ["ignore::UserWarning"],
        "environment": TUNED,
        "input": "input",
        "tensorflow": False,
    }


def test_what_the_operator_set_stays_and_needs_no_second_start(start: Any, starts: Any) -> None:
    process = start("-m", GLIBC_TUNABLES="glibc.malloc.arena_max=2", TF_CPP_MIN_LOG_LEVEL="0")
    told = json.loads(process.communicate(timeout=60)[0])
    assert starts.read_text() == "x"
    assert told["environment"] == {
        **TUNED,
        "GLIBC_TUNABLES": "glibc.malloc.arena_max=2",
        "TF_CPP_MIN_LOG_LEVEL": "0",
    }


def test_a_program_from_standard_input_is_not_started_again(start: Any, starts: Any) -> None:
    process = start(None, "-")
    out, _ = process.communicate(PROGRAM.replace("sys.stdin.read()", "''"), timeout=60)
    assert starts.read_text() == "x"
    assert json.loads(out)["environment"] == TUNED


@GLIBC
def test_a_signal_ends_the_program_that_was_asked_for(start: Any) -> None:
    process = start("-m", "wait")
    process.stdin.close()
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == -signal.SIGTERM


def test_another_c_library_needs_no_second_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_has_glibc", lambda: False)
    for name in TUNED:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("was started again"))
    tuning.tune_process()
    assert {name: os.environ[name] for name in TUNED} == TUNED


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "status"), [(["--version"], 0), (["nonsense"], 2)])
def test_the_command_line_ends_with_its_own_status(arguments: Any, status: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in TUNED}
    done = subprocess.run(
        [sys.executable, "-m", "nst_core", *arguments], cwd=ROOT, env=environment, timeout=60, check=False
    )
    assert done.returncode == status


def test_a_running_process_gets_what_tensorflow_reads_and_keeps_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in TUNED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    tuning.tune_running_process()
    assert {name: os.environ.get(name) for name in TUNED} == {
        "GLIBC_TUNABLES": None,
        "TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1",
        "TF_CPP_MIN_LOG_LEVEL": "0",
        "OPENBLAS_NUM_THREADS": "1",
    }


LINEAR_ALGEBRA = """\
from nst_core.system.tuning import tune_process
tune_process()
import numpy as np, psutil
np.linalg.eigh(np.eye(256) + np.ones((256, 256)))
print(psutil.Process().num_threads())
"""


def test_linear_algebra_of_a_tuned_process_has_one_thread() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in TUNED}
    command = [sys.executable, "-c", LINEAR_ALGEBRA]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) == 1
