from nst_core.jobs.run_addresses import RunAddresses


def test_an_address_has_its_runs_under_way_that_do_not_wait() -> None:
    under_way = {"a", "b", "c"}
    addresses = RunAddresses(under_way.__contains__)
    for job, address in {"a": "one", "b": "one", "c": "two"}.items():
        addresses.note(job, "owner", address)
    assert addresses.begun("one", waiting=["b"]) == 1
    under_way.remove("a")
    assert addresses.begun("one", waiting=[]) == 1
    assert addresses.of("a") == "", "a run that is over is forgotten"


def test_a_run_that_follows_by_itself_has_the_last_address_of_its_owner() -> None:
    addresses = RunAddresses(lambda _: True)
    assert addresses.last_of("owner") == ""
    addresses.note("a", "owner", "one")
    addresses.note("b", "owner", "")
    assert (addresses.last_of("owner"), addresses.of("b")) == ("one", "")
