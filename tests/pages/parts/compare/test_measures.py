"""The winner of each measure, and the copies that beat every painting."""

from __future__ import annotations

from pages.parts.compare import measures
from pages.parts.compare.measures import Verdict, verdict

FAST = {"seconds": 0.4, "content": 5.0, "style_gram": 9.0, "ssim": 0.4, "total_variation": 1.0, "colour": 0.2}
SLOW = {"seconds": 40.0, "content": 5.0, "style_gram": 3.0, "ssim": 0.6, "total_variation": 2.0, "colour": 0.3}
PAINTINGS = {"Fast": FAST, "Slow": SLOW}
PHOTOGRAPH = {"content": 0.0, "style_gram": 20.0, "ssim": 1.0, "total_variation": 0.1, "colour": 0.4}
COPIES = {"Photograph itself": PHOTOGRAPH, "Style itself": {"content": 9.0, "style_gram": 0.0, "ssim": 0.1}}


def test_the_best_painting_is_the_lowest_or_the_highest_and_none_of_equals() -> None:
    found = {name: verdict(name, PAINTINGS, {}).best for name in FAST}
    assert found == {
        **{"seconds": ("Fast",), "colour": ("Fast",), "style_gram": ("Slow",), "ssim": ("Slow",)},
        **{"content": (), "total_variation": ()},
    }
    assert verdict("style_gram", {"Fast": FAST, "None": {}}, {}) == Verdict(), "nothing to compare it with"


def test_a_copy_that_beats_every_painting_is_named_beside_the_best_painting() -> None:
    assert verdict("style_gram", PAINTINGS, COPIES) == Verdict(("Slow",), ("Style itself",))
    assert verdict("ssim", PAINTINGS, COPIES) == Verdict(("Slow",), ("Photograph itself",))
    assert verdict("colour", PAINTINGS, COPIES) == Verdict(("Fast",))
    assert verdict("total_variation", PAINTINGS, COPIES) == Verdict()


def test_a_painting_is_best_by_so_many_measures_of_the_picture() -> None:
    assert measures.won(PAINTINGS) == {"Fast": (1, 3), "Slow": (2, 3)}


def test_measures_agree_with_a_vote_if_the_preferred_picture_is_better_by_them() -> None:
    assert measures.agreed(SLOW, FAST) == {"style_gram": True, "ssim": True, "colour": False}
    assert measures.agreed(FAST, PHOTOGRAPH) == {"content": False, "style_gram": True, "ssim": False, "colour": True}
    assert measures.agreed(FAST, {}) == {}
