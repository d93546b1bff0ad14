"""Requests that schemathesis derives from the OpenAPI document, alone and in sequences: every answer conforms to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks

from nst_core import api as package
from nst_core.api import description, examples
from nst_core.api.routes import stylize
from nst_core.jobs.views import Inspection
from tests.nst_core.api.servers import Api, png, serving

load_all_checks()
pytestmark = pytest.mark.slow
FEW = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    stateful_step_count=8,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
EXCLUDED = [
    # The document cannot express which settings fit together, which bytes are a picture, and how many pictures there is
    # room for.
    checks.positive_data_acceptance,
]
QUEUE = ("NST_QUEUE_RUNS", "NST_RUNS_PER_VISITOR", "NST_RUNS_PER_ADDRESS")
ENDLESS = ("get_run_events",)
"""Operations that answer with a stream, which ends with the run."""


@pytest.fixture(scope="module")
def open_api() -> Iterator[Api]:
    """An API without a low rate limit, whose worker answers each request for measures at once."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in QUEUE:
            patch.setenv(limit, "1000")
        with serving(api_per_minute=10**6, upload_files=10**6) as api:
            patch.setattr(stylize, "LONGEST_WAIT_SECONDS", 0.05)
            patch.setattr(api.jobs, "inspect", lambda *_: Inspection("done", examples.RESPONSES["measures"]))
            yield api


@pytest.fixture(scope="module")
def schema(open_api: Api) -> Any:
    """The API's description, without streams."""
    found = schemathesis.openapi.from_asgi("/api/v1/openapi.json", open_api.client.app)
    return found.exclude(operation_id=list(ENDLESS))


OPERATIONS = [
    operation["operationId"]
    for _, _, operation in description.operations(package.document())
    if operation["operationId"] not in ENDLESS
]


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_request_is_answered_as_described(schema: Any, name: str, mode: GenerationMode) -> None:
    operation = schema.find_operation_by_id(name)

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def answered(case: Any) -> None:
        case.call_and_validate(excluded_checks=EXCLUDED)

    with contextlib.suppress(Unsatisfiable):  # a request without parameters cannot be wrong
        answered()


def test_a_sequence_of_requests_is_answered_as_described(open_api: Api, schema: Any) -> None:
    """Each sequence has a run and valid pictures, so that later requests can use them."""
    seen, owner = set(), {"X-Run-Secret": "a" * 32}

    class Sequences(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            self.run_id = open_api.submit(headers=owner)["id"]

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": owner}

        def before_call(self, case: Any) -> None:
            if "run" in case.path_parameters:
                case.path_parameters["run"] = self.run_id
            if name_of(case) == "upload_picture":
                case.body = {"picture": [png()]}

        def validate_response(self, response: Any, case: Any, additional_checks: Any = (), **_: Any) -> None:
            seen.add((name_of(case), response.status_code))
            # Invalid data was replaced by valid data; and another client cannot delete a deleted run again.
            unfit = [*EXCLUDED, checks.negative_data_rejection, checks.ignored_auth]
            case.validate_response(response, additional_checks=additional_checks, excluded_checks=unfit)

    Sequences.run(settings=FEW)
    assert {("stop_run", 200), ("upload_picture", 201), ("delete_picture", 204)} <= seen


def name_of(case: Any) -> str:
    return str(case.operation.definition.raw["operationId"])
