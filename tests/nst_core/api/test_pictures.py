"""The store of uploaded pictures has limits for each address and for all, and drops unused pictures."""

from __future__ import annotations

import numpy as np
import pytest

from nst_core.api.pictures import KEPT_SECONDS, MOST_PICTURES, PictureLimits, PictureStore, size_of
from nst_core.api.problems import NO_ROOM, ProblemError
from nst_core.picture.upload import Picture

LIMITS = PictureLimits(address_pictures=3, address_bytes=100, total_bytes=150)


@pytest.fixture
def store() -> PictureStore:
    return PictureStore(LIMITS)


def picture(seed: int = 0, side: int = 40) -> Picture:
    return Picture.from_pixels(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8))


def refused(store: PictureStore, address: str, *sizes: int) -> ProblemError:
    with pytest.raises(ProblemError) as check:
        store.check_room(address, sizes)
    with pytest.raises(ProblemError) as added:
        store.add(address, [(picture(), size) for size in sizes])
    assert check.value.kind == added.value.kind == NO_ROOM
    assert str(check.value) == str(added.value)
    return added.value


def test_a_picture_is_found_by_its_id_until_it_is_removed(store: PictureStore) -> None:
    one, other = store.add("ann", [(picture(1), 10), (picture(2), 10)])
    assert store.get(one.id) is one.picture
    assert store.get(other.id) is other.picture
    assert store.remove(one.id)
    assert not store.remove(one.id)
    assert store.get(one.id) is None


def test_an_address_has_so_many_pictures_and_bytes(store: PictureStore) -> None:
    store.add("ann", [(picture(), 30)] * 2)
    assert "3 pictures" in str(refused(store, "ann", 10, 10))
    assert "MB" in str(refused(store, "ann", 41))
    store.add("ann", [(picture(), 40)])


def test_all_addresses_together_have_so_many_bytes(store: PictureStore) -> None:
    store.add("ann", [(picture(), 100)])
    assert "all clients" in str(refused(store, "ben", 51))
    store.add("ben", [(picture(), 50)])


def test_all_addresses_together_have_so_many_pictures() -> None:
    store, small = PictureStore(PictureLimits(1, 10, 10**6)), picture()
    for number in range(MOST_PICTURES):
        store.add(str(number), [(small, 1)])
    assert str(MOST_PICTURES) in str(refused(store, "one more", 1))


def test_of_pictures_that_do_not_fit_none_is_kept(store: PictureStore) -> None:
    refused(store, "ann", 60, 60)
    store.add("ann", [(picture(), 100)])


def test_what_is_not_used_is_dropped_and_its_room_is_free() -> None:
    now = 100.0
    store = PictureStore(LIMITS, lambda: now)
    old, used = store.add("ann", [(picture(), 50), (picture(), 50)])
    now += KEPT_SECONDS - 10
    assert store.get(used.id) is not None
    full = refused(store, "ann", 50)
    assert full.headers["retry-after"] == "10"
    now += 20
    store.add("ann", [(picture(), 50)])
    assert store.get(old.id) is None
    assert store.get(used.id) is not None


def test_dropping_needs_no_request() -> None:
    now = 100.0
    store = PictureStore(LIMITS, lambda: now)
    (old,) = store.add("ann", [(picture(), 50)])
    store.drop_unused()
    assert store.get(old.id) is not None
    now += KEPT_SECONDS + 1
    store.drop_unused()
    now -= KEPT_SECONDS
    assert store.get(old.id) is None


def test_a_small_file_of_many_pixels_counts_what_it_takes_in_memory() -> None:
    assert size_of(picture(side=200), 100) == 200 * 200 * 3
    assert size_of(picture(side=20), 5000) == 5000
    assert size_of(picture(side=800), 100) == 100  # its pixels are on the disk
