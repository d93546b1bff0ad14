"""The command that predicts waiting times."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nst_core.cli.main import main

QUICK = ["capacity", "--published", "--patience", "0", "--mix", "fast:512=1"]


def told(capsys: pytest.CaptureFixture[str], *more: str) -> Any:
    assert main([*QUICK, "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_more_visitors_wait_longer_and_more_workers_help(capsys: pytest.CaptureFixture[str]) -> None:
    few, many = told(capsys, "--visitors", "1000"), told(capsys, "--visitors", "3000")
    helped = told(capsys, "--visitors", "3000", "--workers", "4")
    assert few["wait_seconds"]["mean"] < many["wait_seconds"]["mean"] > helped["wait_seconds"]["mean"]
    assert few["load"] == pytest.approx(many["load"] / 3)
    assert helped["busy"] == pytest.approx(helped["load"] / 4, rel=0.05)
    assert told(capsys, "--visitors", "3000", "--on-device", "0.5")["load"] == pytest.approx(many["load"] / 2)


def test_the_same_seed_gives_the_same_prediction(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--seed", "4") == told(capsys, "--seed", "4")
    assert told(capsys, "--seed", "4")["wait_seconds"] != told(capsys, "--seed", "5")["wait_seconds"]


def test_the_text_says_what_a_visitor_waits_and_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, "--visitors", "1000000", "--workers", "2", "--places", "8"]) == 0
    text = capsys.readouterr().out
    assert "1,000,000 visitors a day, 187,500.0 runs in the busiest hour" in text
    assert "2 workers, 8 places in the queue:" in text
    assert "fast, 512 px" in text
    assert "runs refused        9" in text  # nearly all


@pytest.mark.parametrize(
    "option",
    [
        ("--visitors", "0"),
        ("--visitors", "inf"),
        ("--peak", "nan"),
        ("--on-device", "1"),
        ("--patience", "-1"),
        ("--workers", "0"),
        ("--places", "-1"),
        ("--mix", "quick:512=1"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*QUICK, *option]) == 2
    assert option[0].removeprefix("--mix") in capsys.readouterr().err
