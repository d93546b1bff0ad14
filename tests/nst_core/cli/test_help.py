"""`--help` works for every command and explains every argument."""

import argparse
from collections.abc import Iterator

import pytest

from nst_core.cli.main import _parser, main


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    (subparsers,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    yield from subparsers.choices.items()


@pytest.mark.parametrize("name", [None, *dict(commands())])
def test_help_is_printed(name: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"] if name else ["--help"])
    assert ended.value.code == 0
    assert "usage: python -m nst_core" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "parser"), commands())
def test_every_argument_is_explained(name: str, parser: argparse.ArgumentParser) -> None:
    assert [action.dest for action in parser._actions if not action.help] == []
