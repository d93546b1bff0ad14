"""The report: every check is run, one that fails does not end the others, and the exit code tells of problems."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from nst_core import doctor
from nst_core.cli.main import main
from nst_core.doctor.finding import Finding, ok, problem, warning
from nst_core.errors import RecipeError


def fine() -> Iterator[Finding]:
    yield ok("it is fine")


def doubtful() -> Iterator[Finding]:
    yield warning("it is short", "get more")


def bad() -> Iterator[Finding]:
    yield problem("it is broken", "mend it")


def failing() -> Iterator[Finding]:
    yield ok("begun")
    raise ZeroDivisionError("of its own")


@pytest.mark.parametrize(
    ("checks", "code"), [((fine,), 0), ((fine, doubtful), 0), ((bad, fine), 1), ((failing, fine), 1)]
)
def test_the_exit_code_is_1_if_there_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], checks: tuple[doctor.Check, ...], code: int
) -> None:
    for name in [*doctor.CHECKS]:
        monkeypatch.delitem(doctor.CHECKS, name)
    for check in checks:
        monkeypatch.setitem(doctor.CHECKS, check.__name__, check)
    assert main(["doctor"]) == code
    text = capsys.readouterr().out
    assert "it is fine" in text
    warnings = "1 warning" if doubtful in checks else "0 warnings"
    assert f"{'1 problem' if code else '0 problems'}, {warnings}" in text
    assert main(["doctor", "--json"]) == code
    report = json.loads(capsys.readouterr().out)
    assert report["problems"] == code
    assert {finding["check"] for finding in report["findings"]} == {check.__name__ for check in checks}


def test_a_check_that_fails_is_a_problem_and_the_others_still_report() -> None:
    found = list(doctor.examine(checks={"a": failing, "b": fine}))
    assert [(name, finding.level) for name, finding in found] == [("a", "ok"), ("a", "problem"), ("b", "ok")]
    assert "ZeroDivisionError: of its own" in found[1][1].text


def test_only_the_checks_that_are_named_are_run() -> None:
    assert [name for name, _ in doctor.examine(["b"], {"a": bad, "b": fine})] == ["b"]
    with pytest.raises(RecipeError, match="a check must be one of a, b, got 'c'"):
        list(doctor.examine(["c"], {"a": bad, "b": fine}))


def test_every_check_yields_findings_of_one_line_with_a_remedy_for_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quick = [name for name in doctor.CHECKS if name not in ("index", "device", "weights")]
    for _, finding in doctor.examine(quick):
        assert finding.text.isprintable()
        assert not finding.text.endswith(".")
        assert bool(finding.remedy) == (finding.level != "ok")


@pytest.mark.slow
def test_the_doctor_does_not_load_tensorflow() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from nst_core.doctor import examine; list(examine(['python', 'packages', 'settings', 'weights']))"
    )
    done = subprocess.run([sys.executable, "-c", f"{code}; sys.exit('tensorflow' in sys.modules)"], check=False)
    assert done.returncode == 0
