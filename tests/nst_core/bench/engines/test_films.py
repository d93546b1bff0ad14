"""Films measured frame by frame and as films, on one small real film."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.bench.engines import film_methods, films
from nst_core.bench.engines.known_films import Camera, Maker, filmed
from nst_core.bench.engines.quality import CELL_PX
from nst_core.errors import ToolError
from nst_core.metrics import yardstick


@pytest.mark.weights
@pytest.mark.slow
def test_a_still_film_flickers_less_as_a_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "METHODS", {"fast": ("painterly", {"method": "fast"}, 12, 3)})
    chosen: list[tuple[str, str, Maker]] = [
        ("still", "facets", partial(filmed, "coffee", Camera())),
        ("missing", "facets", lambda size, count: None),
        ("not wanted", "facets", lambda size, count: pytest.fail("it is not among the names")),
    ]

    report = films.run([64], tmp_path / "sheet.webp", ["still", "missing"], ["fast"], chosen)

    assert report["left_out"] == ["missing"]
    (row,) = report["films"]
    alone, steady = row["alone"], row["steady"]
    assert steady["flicker"] < 0.5 * alone["flicker"]
    assert steady["warping_error"] < 0.5 * alone["warping_error"]
    assert all(np.isfinite(way[name]) and way[name] > 0 for way in (alone, steady) for name in film_methods.STYLE)
    assert (alone["drift"], steady["drift"].keys()) == (None, {"10"})  # 3 frames, and 12
    assert films.table(report).count("still | 64 | fast | ") == 1
    assert "missing" in films.table(report)
    with Image.open(tmp_path / "sheet.webp") as sheet:
        assert sheet.size == (9 * (CELL_PX + 6) - 6, CELL_PX)


def test_style_is_measured_in_the_same_frames_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among them the last, which few of the frames that are painted on their own lead up to."""
    film, painted, measured = filmed("coffee", Camera(right=2), 64, 12), dict[str, int](), list[Any]()

    def painting(way: str) -> Any:
        def paint(frames: Any, style: Any, recipe: Any) -> Any:
            painted[way] = len(frames)
            return iter(frames)

        return paint

    def measure(result: Any, content: Any, styles: Any) -> Any:
        np.testing.assert_array_equal(result, content)  # painted for this very frame
        measured.append(content[0])
        return {name: {"whole": 1.0} for name in film_methods.STYLE}

    monkeypatch.setattr(films, "_alone", painting("alone"))
    monkeypatch.setattr(films, "_steady", painting("steady"))
    monkeypatch.setattr(yardstick, "measure", measure)
    films.measured(film, np.zeros((1, 64, 64, 3), np.float32), "slow")

    assert painted == {"alone": 4, "steady": 12}
    np.testing.assert_array_equal(measured[:3], measured[3:])
    expected = [film.frames[number] for number in (1, 2, 11)]
    np.testing.assert_allclose(np.array(measured[:3]) * 255, expected, atol=1e-3)


@pytest.mark.parametrize(("names", "methods"), [(["still lemonade"], []), ([], ["balanced"])])
def test_films_and_methods_that_there_are_not_are_refused(names: list[str], methods: list[str]) -> None:
    with pytest.raises(ToolError, match=r"must be one of .*(still coffee|slow).*, got (still lemonade|balanced)"):
        films.run([64], None, names, methods)
