"""The command tells the cost of a run, and whether this host's memory has room for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from nst_core.cli.main import main
from nst_core.runs import cost


def test_an_estimate_tells_the_largest_size_of_this_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NST_MEMORY_MB", "1000")
    monkeypatch.setattr(cost, "stored", lambda: cost.LAPTOP)
    photo = tmp_path / "photo.png"
    Image.linear_gradient("L").save(photo)
    for edge_px, fits in ((256, True), (512, False)):
        main(["estimate", str(photo), "--method", "slow", "--longest-edge", str(edge_px)])
        told = json.loads(capsys.readouterr().out)
        assert (told["largest_edge_px"], told["fits"]) == (256, fits)
        assert told["seconds"] > 0
