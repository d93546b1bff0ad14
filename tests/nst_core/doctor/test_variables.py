"""Settings: each with the value in force; a misspelt name and a bad value are problems; a password is not shown."""

from __future__ import annotations

import pytest

from nst_core.doctor import variables
from tests.nst_core.doctor.conftest import all_ok, by_level, the_problem


def test_each_setting_is_listed_with_the_value_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_UNSEEN_MINUTES", "5")
    monkeypatch.setenv("NST_DATA_DIR", "")
    monkeypatch.setenv("NST_OFFLINE", "yes")
    text = all_ok(variables.check())
    assert "NST_UNSEEN_MINUTES is 5" in text
    assert "NST_DATA_DIR is empty" in text
    assert "NST_OFFLINE is 1" in text
    assert "NST_DEVICE has its default: auto" in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NST_DEVIEC", "cpu", "did you mean NST_DEVICE?"),
        ("NST_UNSEEN_MINUTES", "a while", "must be a number from 0"),
        ("NST_DEVICE", "tpu", "must be auto, cpu or gpu, got 'tpu'"),
    ],
)
def test_a_variable_without_effect_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    assert words in the_problem(variables.check())


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_API_TOKENS", "token-of-an-operator")
    monkeypatch.setenv("NST_DATABASE_URL", "postgresql://nst:password@db/nst")
    monkeypatch.setenv("NST_FILES_URL", "s3://runs?endpoint=http://s3:9000")
    text = all_ok(variables.check())
    for name in ("NST_API_TOKENS", "NST_DATABASE_URL", "NST_FILES_URL"):
        assert f"{name} is set; its value is a secret" in text
    assert "operator" not in text
    assert "password" not in text


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_HUB_HANDLE", "https://me:secret@hub.example/model/2?key=secret")
    texts = [finding.text for finding in by_level(variables.check())["ok"]]
    assert "NST_HUB_HANDLE is hub.example/model/2" in texts
    assert not any("secret" in text for text in texts)
