"""Questions to the worker that are no runs: asked once, kept, dropped when nobody waits, put again when it dies."""

import numpy as np
import pytest

from nst_core.jobs.inspections import (
    FAILED_SECONDS,
    KEPT,
    PATIENCE_SECONDS,
    TRIES,
    Inspection,
    InspectionQueue,
    InspectionRequest,
    told,
)
from nst_core.picture.upload import Picture
from nst_core.recipe import CONVOLUTIONS

QUESTION = InspectionRequest("features", "block1_conv1")
ANSWER = {"error": "", "facts": {"n": 1}}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looks(clock: Clock) -> InspectionQueue:
    return InspectionQueue(clock)


def picture(seed: int = 0, side: int = 40) -> Picture:
    return Picture.from_pixels(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8))


def test_a_question_goes_out_once_and_its_answer_stays(looks: InspectionQueue) -> None:
    assert looks.ask(QUESTION, [picture()]) == Inspection()
    assert looks.ask(QUESTION, [picture()]).state == "waiting"
    assert looks.next() is not None
    assert looks.next() is None
    looks.answered(ANSWER, [b"png"])
    assert looks.ask(QUESTION, [picture()]) == Inspection("done", {"n": 1}, b"png")
    assert looks.next() is None
    assert looks.ask(QUESTION, [picture(1)]).state == "waiting"


def test_what_nobody_asks_any_more_is_dropped(looks: InspectionQueue, clock: Clock) -> None:
    looks.ask(QUESTION, [picture()])
    clock.now += PATIENCE_SECONDS + 1
    assert looks.next() is None


def test_a_failure_is_kept_for_a_while(looks: InspectionQueue, clock: Clock) -> None:
    looks.ask(QUESTION, [picture()])
    looks.next()
    looks.answered({"error": "no weights", "facts": {}}, [])
    assert looks.ask(QUESTION, [picture()]) == Inspection("failed", error="no weights")
    clock.now += FAILED_SECONDS + 1
    assert looks.ask(QUESTION, [picture()]).state == "waiting"


def test_a_worker_that_dies_is_asked_again_but_not_for_ever(looks: InspectionQueue) -> None:
    looks.ask(QUESTION, [picture()])
    for _ in range(TRIES):
        assert looks.next() is not None
        assert looks.ask(QUESTION, [picture()]).state == "waiting"
        looks.lost()
    assert looks.next() is None
    assert "ended twice" in looks.ask(QUESTION, [picture()]).error


def test_only_so_many_answers_are_kept(looks: InspectionQueue) -> None:
    for seed in range(KEPT + 1):
        looks.ask(QUESTION, [picture(seed)])
        looks.next()
        looks.answered(ANSWER, [b""])
    assert looks.ask(QUESTION, [picture(0)]).state == "waiting"
    assert looks.ask(QUESTION, [picture(KEPT)]).state == "done"


def test_a_large_picture_is_reduced_before_it_travels(looks: InspectionQueue) -> None:
    looks.ask(QUESTION, [picture(side=2600)])
    head, (blob,) = looks.next() or ({}, [b""])
    assert head["shapes"] == [[1300, 1300, 3]]
    assert len(blob) == 1300 * 1300 * 3


def test_a_refusal_is_an_answer(looks: InspectionQueue) -> None:
    looks.ask(InspectionRequest("features", "block9_conv1"), [picture()])
    answer, blobs = told(*(looks.next() or ({}, [])))
    assert "block9_conv1" in answer["error"]
    assert blobs == []


@pytest.mark.weights
@pytest.mark.parametrize("what", ["features", "grams"])
def test_the_worker_answers_what_is_packed(looks: InspectionQueue, what) -> None:
    question = InspectionRequest(what, CONVOLUTIONS["vgg19"][4])
    pictures = [picture(n) for n in range(1 if what == "features" else 2)]
    looks.ask(question, pictures)
    looks.answered(*told(*(looks.next() or ({}, []))))
    look = looks.ask(question, pictures)
    assert look.state == "done", look.error
    if what == "features":
        assert look.blob.startswith(b"\x89PNG")
        assert len(look.facts["maps"]) == 36
    else:
        assert len(look.blob) == 4 * 2 * len(look.facts["channels"]) ** 2
