import json
import logging

import pytest

from nst_core.recipe import make
from nst_core.server.logs import JsonLines
from tests.nst_core.jobs.servers import Servers, picture


def test_the_states_of_a_run_are_logged_with_its_id_and_without_an_address(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    address = "a1b2" * 4
    with caplog.at_level(logging.INFO):
        service = servers.start()
        job = service.submit(make(), picture(), [picture(1)], address=address)
        servers.worker.ready()
        servers.worker.begin(job)
        servers.worker.finish(job)
    told = [json.loads(JsonLines().format(record)) for record in caplog.records if hasattr(record, "run")]
    assert [line.get("state", "queued") for line in told] == ["queued", "running", "done"]
    assert {line["run"] for line in told} == {job}
    assert address not in caplog.text
