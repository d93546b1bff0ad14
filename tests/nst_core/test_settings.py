"""The operator's settings: every variable is read, checked and documented, and none is ignored in silence."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from nst_core.settings import PREFIX, TEST_VARIABLES, Settings, problems, shared_store_problem, variable_of
from nst_core.system.variables import FilesAddress, number

ROOT = Path(__file__).resolve().parents[2]
NAMES = [variable_of(setting).name for setting in fields(Settings)]


def test_nothing_set_is_the_defaults_without_a_problem() -> None:
    assert Settings.read({}) == Settings()
    assert problems({"HOME": "/root", "PATH": ""}) == ()


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("NST_UNSEEN_MINUTES", " 2.5 ", "unseen_minutes", 2.5),
        ("NST_UNSEEN_MINUTES", "0", "unseen_minutes", 0.0),
        ("NST_WORKER_SILENCE_SECONDS", "0", "worker_silence_seconds", 0.0),
        ("NST_WORKER_SILENCE_SECONDS", "5", "worker_silence_seconds", 5.0),
        ("NST_OFFLINE", "1", "offline", True),
        ("NST_OFFLINE", "Yes", "offline", True),
        ("NST_OFFLINE", "off", "offline", False),
        ("NST_DEVICE", "GPU", "device", "gpu"),
        ("NST_DATA_DIR", " ", "data_dir", None),
        ("NST_DATA_DIR", "/data", "data_dir", Path("/data")),
        ("NST_WEIGHTS_DIR", "", "weights_dir", None),
        ("NST_HUB_HANDLE", " /model ", "hub_handle", "/model"),
        ("NST_METRICS_ADDRESS", "localhost:9100", "metrics_address", ("127.0.0.1", 9100)),
        ("NST_METRICS_ADDRESS", "[::1]:9100", "metrics_address", ("::1", 9100)),
        ("NST_FRAME_ANCESTORS", "self https://a.example:*", "frame_ancestors", ("'self'", "https://a.example:*")),
        ("NST_EXECUTOR", "Ray", "executor", "ray"),
        ("NST_RAY_ADDRESS", "Auto", "ray_address", "auto"),
        ("NST_RAY_ADDRESS", "head.example:6379", "ray_address", "head.example:6379"),
        ("NST_RAY_ADDRESS", "[::1]:6379", "ray_address", "[::1]:6379"),
    ],
)
def test_a_value_that_can_be_used_is_used(name: str, value: str, field: str, expected: object) -> None:
    assert getattr(Settings.read({name: value}), field) == expected
    assert problems({name: value}) == ()


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("NST_UNSEEN_MINUTES", "soon", "a number from 0 to 525,600"),
        ("NST_WORKER_SILENCE_SECONDS", "4", "0, or a number from 5 to 3,600"),
        ("NST_WORKER_SILENCE_SECONDS", "nan", "0, or a number from 5"),
        ("NST_UNSEEN_MINUTES", "-1", "a number from 0"),
        ("NST_UNSEEN_MINUTES", "nan", "a number from 0"),
        ("NST_UNSEEN_MINUTES", "inf", "a number from 0"),
        ("NST_OFFLINE", "maybe", "1 or 0"),
        ("NST_DEVICE", "tpu", "auto, cpu or gpu"),
        ("NST_PRECISION", "float8", "auto, float32 or bfloat16"),
        ("NST_DATA_DIR", "~no-such-user-here/data", "a folder"),
        ("NST_METRICS_ADDRESS", "0.0.0.0:9100", "host:port on the loopback interface"),
        ("NST_METRICS_ADDRESS", "127.0.0.1:99999", "host:port on the loopback interface"),
        ("NST_METRICS_ADDRESS", "9100", "host:port on the loopback interface"),
        ("NST_FRAME_ANCESTORS", "https://a.example; script-src *", "self, or origins"),
        ("NST_FRAME_ANCESTORS", "javascript:x", "self, or origins"),
        ("NST_RAY_ADDRESS", "ray://head:10001", "auto, or host:port"),
        ("NST_RAY_ADDRESS", "head", "auto, or host:port"),
        ("NST_RAY_CPUS", "1.5", "a number from 0 to 1, or a whole one"),
        ("NST_RAY_ADDRESS", "head:0", "auto, or host:port"),
    ],
)
def test_a_value_that_cannot_be_used_counts_as_unset_and_is_told(name: str, value: str, needed: str) -> None:
    assert Settings.read({name: value}) == Settings()
    (problem,) = problems({name: value})
    assert problem.startswith(f"{name} must be {needed}")
    assert f"got {value!r}; its default" in problem
    assert "\n" not in problem


SHARED = {"NST_DATABASE_URL": "postgresql://nst:secret@db/nst", "NST_FILES_URL": "s3://runs/a/b?endpoint=http://h:9"}


def test_a_shared_store_needs_a_database_and_a_bucket() -> None:
    settings = Settings.read({**SHARED, "NST_DATA_DIR": "/data"})
    assert settings.is_shared
    assert settings.runs_folder is None
    assert settings.files_url == FilesAddress("runs", "a/b", "http://h:9")
    assert problems(SHARED) == ()
    assert "secret" not in repr(settings)
    for name, value in SHARED.items():
        alone = {name: value, "NST_DATA_DIR": "/data"}
        assert not Settings.read(alone).is_shared
        assert Settings.read(alone).runs_folder == Path("/data")
        (problem,) = problems(alone)
        assert f"must be set together, got {name} alone; with it no server starts" in problem
        assert problem == f"{shared_store_problem(alone)}; with it no server starts"
    assert shared_store_problem({"NST_DATA_DIR": "/data", "NST_WORKERS": "many"}) == ""
    assert shared_store_problem({**SHARED, "NST_WORKERS": "many"}) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NST_DATABASE_URL", "mysql://nst:secret@db/nst"),
        ("NST_DATABASE_URL", "postgresql://nst:secret@db"),
        ("NST_DATABASE_URL", "host=db password=secret"),
        ("NST_FILES_URL", "https://key:secret@s3.example/runs"),
        ("NST_FILES_URL", "s3://key:secret@runs"),
        ("NST_FILES_URL", "s3://runs?secret=secret"),
        ("NST_FILES_URL", "s3://runs?endpoint=ftp://secret"),
    ],
)
def test_an_address_of_a_store_that_cannot_be_used_is_told_without_its_secrets(name: str, value: str) -> None:
    (problem,) = problems({**SHARED, name: value})
    assert problem.startswith(f"{name} must be ")
    assert problem == f"{shared_store_problem({**SHARED, name: value})}; with it no server starts"
    assert "secret" not in problem
    assert not Settings.read({**SHARED, name: value}).is_shared


@pytest.mark.parametrize(
    ("name", "nearest"), [("NST_OFLINE", "NST_OFFLINE"), ("NST_DATADIR", "NST_DATA_DIR"), ("NST_DEVCE", "NST_DEVICE")]
)
def test_a_misspelt_name_is_told_with_the_nearest_real_one(name: str, nearest: str) -> None:
    assert problems({name: "1"}) == (f"{name} is the name of no setting; did you mean {nearest}?",)


def test_a_name_like_no_other_is_told_and_a_tests_own_is_not() -> None:
    (problem,) = problems({"NST_QWZX": "1", **dict.fromkeys(TEST_VARIABLES, "1")})
    assert "nst_core/README.md" in problem


def test_whole_numbers_are_whole() -> None:
    assert number(1, 9, whole=True).read("7") == 7
    for text in ("7.5", "0", "10", "1e0"):
        with pytest.raises(ValueError, match=re.escape(text)):
            number(1, 9, whole=True).read(text)


def test_every_variable_that_the_code_names_is_a_setting() -> None:
    files = [path for folder in ("nst_core", "pages") for path in (ROOT / folder).rglob("*.py")]
    files += [*ROOT.glob("*.py"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
    named = {name for path in files for name in re.findall(rf"\b{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", path.read_text())}
    assert named - {*TEST_VARIABLES} == {*NAMES}


def test_every_setting_stands_in_the_table_with_its_meaning() -> None:
    table = (ROOT / "nst_core" / "README.md").read_text()
    for setting in fields(Settings):
        variable = variable_of(setting)
        assert f"| `{variable.name}` | {variable.values.text} |" in table
        assert variable.meaning in table
