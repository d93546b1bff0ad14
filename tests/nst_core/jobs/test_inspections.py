"""Questions to the worker: each is asked once, cached, dropped when no page waits, and asked again of a new worker."""

import numpy as np
import pytest

from nst_core.jobs.inspections import FAILED_SECONDS, MAX_ANSWERS, MAX_TRIES, PATIENCE_SECONDS, InspectionQueue, answer
from nst_core.jobs.messages import Inspect, Inspected
from nst_core.jobs.views import Inspection, InspectionRequest, Subject
from nst_core.picture.resize import fit
from nst_core.picture.upload import Picture
from nst_core.recipe import CONVOLUTIONS

QUESTION = InspectionRequest("features", "block1_conv1")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> InspectionQueue:
    return InspectionQueue(clock)


def picture(seed: int = 0, side: int = 40) -> Picture:
    return Picture.from_pixels(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8))


def next_command(queue: InspectionQueue) -> Inspect:
    command = queue.next()
    assert command is not None
    return command


def test_a_question_goes_out_once_and_its_answer_stays(queue: InspectionQueue) -> None:
    assert queue.ask(QUESTION, [picture()]) == Inspection()
    assert queue.ask(QUESTION, [picture()]).state == "waiting"
    assert next_command(queue).question == QUESTION
    assert queue.next() is None
    queue.on_answer(Inspected(facts={"n": 1}, blob=b"png"))
    assert queue.ask(QUESTION, [picture()]) == Inspection("done", {"n": 1}, b"png")
    assert queue.next() is None
    assert queue.ask(QUESTION, [picture(1)]).state == "waiting"


def test_a_question_that_no_page_repeats_is_dropped(queue: InspectionQueue, clock: Clock) -> None:
    queue.ask(QUESTION, [picture()])
    clock.now += PATIENCE_SECONDS + 1
    assert queue.next() is None


def test_a_failure_is_cached_for_a_while(queue: InspectionQueue, clock: Clock) -> None:
    queue.ask(QUESTION, [picture()])
    queue.next()
    queue.on_answer(Inspected(error="no weights", code="weights"))
    assert queue.ask(QUESTION, [picture()]) == Inspection("failed", error="no weights", code="weights")
    clock.now += FAILED_SECONDS + 1
    assert queue.ask(QUESTION, [picture()]).state == "waiting"


def test_a_new_worker_gets_the_question_but_not_for_ever(queue: InspectionQueue) -> None:
    queue.ask(QUESTION, [picture()])
    for _ in range(MAX_TRIES):
        assert queue.next() is not None
        assert queue.ask(QUESTION, [picture()]).state == "waiting"
        queue.on_worker_lost()
    assert queue.next() is None
    assert "ended twice" in queue.ask(QUESTION, [picture()]).error


def test_the_number_of_cached_answers_is_bounded(queue: InspectionQueue) -> None:
    for seed in range(MAX_ANSWERS + 1):
        queue.ask(QUESTION, [picture(seed)])
        queue.next()
        queue.on_answer(Inspected())
    assert queue.ask(QUESTION, [picture(0)]).state == "waiting"
    assert queue.ask(QUESTION, [picture(MAX_ANSWERS)]).state == "done"


def test_a_large_picture_is_reduced_before_it_travels(queue: InspectionQueue) -> None:
    queue.ask(QUESTION, [picture(side=2600)])
    command = next_command(queue)
    assert command.shapes == ((1300, 1300, 3),)
    assert [len(blob) for blob in command.pictures] == [1300 * 1300 * 3]


def test_an_error_is_an_answer(queue: InspectionQueue) -> None:
    queue.ask(InspectionRequest("features", "block9_conv1"), [picture()])
    answered = answer(next_command(queue))
    assert "block9_conv1" in answered.error
    assert answered.code == "recipe"
    assert answered.blob == b""


@pytest.mark.weights
@pytest.mark.parametrize("subject", ["features", "grams"])
def test_the_worker_answers_a_question(queue: InspectionQueue, subject: Subject) -> None:
    question = InspectionRequest(subject, CONVOLUTIONS["vgg19"][4])
    pictures = [picture(n) for n in range(1 if subject == "features" else 2)]
    queue.ask(question, pictures)
    queue.on_answer(answer(next_command(queue)))
    inspection = queue.ask(question, pictures)
    assert inspection.state == "done", inspection.error
    if subject == "features":
        assert inspection.blob.startswith(b"\x89PNG")
        assert len(inspection.facts["maps"]) == 36
    else:
        assert len(inspection.blob) == 4 * 2 * len(inspection.facts["channels"]) ** 2


@pytest.mark.weights
def test_the_worker_measures_a_result_as_the_yardstick_does(queue: InspectionQueue) -> None:
    from nst_core.metrics import yardstick

    pictures = [picture(n, side=64) for n in range(4)]
    queue.ask(InspectionRequest("measures", longest_edge_px=32, shares=(3.0, 1.0)), pictures)
    output, content, *styles = (each.tensor() for each in pictures)
    answered = answer(next_command(queue))
    assert answered.facts == yardstick.measure(fit(output, 32), content, styles, (3.0, 1.0))
    queue.on_answer(answered)
    queue.ask(InspectionRequest("measures", longest_edge_px=64), [pictures[1], *pictures[1:3]])
    itself = answer(next_command(queue)).facts
    assert itself["content"] == {"block4_conv2": 0.0, "block5_conv2": 0.0}, "a copy of the photograph"
    assert itself["ssim"] == pytest.approx(1)
