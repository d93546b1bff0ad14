import numpy as np
import pytest

from nst_core.film.flow import Floats, Motion, backward_flow, motion, motions, trust, warp
from tests.nst_core.film.motions import HEIGHT, WIDTH, frame, view

X, Y = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
INNER = np.s_[16:-16, 16:-16]


def _constant(x: float, y: float) -> Floats:
    return np.full((HEIGHT, WIDTH, 2), (x, y), np.float32)


def _error(flow: Floats, true: Floats) -> Floats:
    return np.asarray(np.linalg.norm(flow - true, axis=-1)[INNER], np.float32)


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (2.5, -1.25), (-7, 5), (0, 16)])
def test_the_flow_of_a_pan_is_its_shift(shift: tuple[float, float]) -> None:
    flow = backward_flow(frame(view()), frame(view(*shift)))

    assert flow.dtype == np.float32
    assert np.median(_error(flow, _constant(*shift))) < 0.1
    assert np.mean(_error(flow, _constant(*shift))) < 0.25


@pytest.mark.parametrize("zoom", [1.03, 1 / 1.03])
def test_the_flow_of_a_zoom_points_from_or_to_the_middle(zoom: float) -> None:
    true = np.stack([(X - WIDTH / 2) * (1 / zoom - 1), (Y - HEIGHT / 2) * (1 / zoom - 1)], -1)

    assert np.mean(_error(backward_flow(frame(view()), frame(view(zoom=zoom))), true)) < 0.25


def test_noise_alone_is_no_motion() -> None:
    flow = backward_flow(frame(view(), noise=2, seed=1), frame(view(), noise=2, seed=2))

    assert np.mean(flow == 0) > 0.8
    assert np.abs(flow).mean() < 0.05


def test_a_slow_motion_is_seen_through_the_noise() -> None:
    flow = backward_flow(frame(view(), noise=1, seed=1), frame(view(x=0.6), noise=1, seed=2))

    assert np.median(flow[INNER][..., 0]) == pytest.approx(0.6, abs=0.1)


def test_the_flow_is_the_same_on_every_call() -> None:
    before, after = frame(view()), frame(view(x=3))

    assert np.array_equal(backward_flow(before, after), backward_flow(before, after))


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 300), (600, 32)])
def test_the_flow_has_the_size_of_the_frame(height: int, width: int) -> None:
    one = np.zeros((height, width, 3), np.uint8)

    assert np.array_equal(backward_flow(one, one), np.zeros((height, width, 2)))


def test_no_flow_changes_nothing() -> None:
    assert np.array_equal(warp(view(), _constant(0, 0)), view())


@pytest.mark.parametrize("channels", [1, 3, 4, 6])
def test_a_warp_takes_each_pixel_from_where_it_was(channels: int) -> None:
    picture = np.random.default_rng(0).random((HEIGHT, WIDTH, channels), np.float32)

    moved = warp(picture, _constant(3, -2))

    assert np.allclose(moved[2:, :-3], picture[:-2, 3:], atol=1e-6)
    assert np.allclose(moved[2:, -3:], picture[:-2, -1:], atol=1e-6)  # what was outside: the edge


def test_a_warp_between_pixels_interpolates() -> None:
    ramp = (X + 10 * Y)[..., None]

    assert np.allclose(warp(ramp, _constant(0.5, 0.25))[INNER], (ramp + 0.5 + 2.5)[INNER], atol=0.15)


def test_a_picture_survives_many_warps() -> None:
    picture = there_and_back = view()
    for step in [0.37] * 15 + [-0.37] * 15:
        there_and_back = warp(there_and_back, _constant(step, -step))

    assert np.std(there_and_back[INNER]) == pytest.approx(np.std(picture[INNER]), rel=0.02)  # as sharp as before
    assert np.abs(there_and_back - picture)[INNER].mean() < 6


def test_a_warp_along_the_flow_gives_the_current_frame() -> None:
    before, after = frame(view()), frame(view(x=4, y=2, zoom=1.02))
    found = motion(before, after)

    def difference(other: Floats) -> float:
        return float(np.abs(other - after)[INNER].mean())

    assert difference(found.warped(before)) < 0.15 * difference(before.astype(np.float32))


def test_opposite_flows_are_trusted_inside_the_frame_only() -> None:
    trusted = trust(_constant(-5, 0), _constant(5, 0))

    assert np.array_equal(trusted, np.where(X + 5 <= WIDTH - 1, 1, 0))


def test_flows_that_do_not_come_back_are_not_trusted() -> None:
    assert trust(_constant(3, 0), _constant(3, 0)).max() == 0


def test_the_edge_of_a_motion_is_not_trusted() -> None:
    flow = _constant(0, 0)
    flow[:, WIDTH // 2 :, 0] = -2.0

    trusted = trust(-flow, flow)

    assert trusted[:, WIDTH // 2 - 1 : WIDTH // 2 + 1].max() == 0
    assert trusted[:, : WIDTH // 2 - 4].min() == 1


def test_what_an_object_uncovers_is_not_trusted() -> None:
    def scene(left: int) -> Floats:
        values = view().copy()
        values[30:66, left : left + 40] = view(key="coffee")[30:66, :40]
        return values

    found = motion(frame(scene(30)), frame(scene(42)))

    assert found.trust[36:60, 32:40].mean() < 0.2  # behind the object before
    assert found.trust[36:60, 48:76].mean() > 0.8  # the object
    assert found.trust[:20].mean() > 0.95  # the background
    assert np.median(found.flow[36:60, 48:76, 0]) == pytest.approx(-12, abs=0.2)


@pytest.mark.parametrize("camera", [0, 3])
def test_the_background_beside_a_moving_object_is_trusted(camera: int) -> None:
    def scene(number: int) -> Floats:
        values = view(x=camera * number).copy()
        values[30:66, 30 + 8 * number : 70 + 8 * number] = view(key="coffee")[30:66, :40]
        return values

    found = motion(frame(scene(0), noise=1), frame(scene(1), noise=1, seed=1))
    beside = np.s_[20:27, 40:74]

    assert found.trust[beside].mean() > 0.8
    assert np.abs(found.flow[beside] - (camera, 0)).mean() < 0.3


def test_a_lamp_that_lights_up_is_not_trusted() -> None:
    lit = view().copy()
    lit[30:66, 40:90] += 60

    found = motion(frame(view()), frame(lit))

    assert found.trust[36:60, 46:84].mean() < 0.3
    assert found.trust[:20].mean() > 0.9


def test_both_directions_are_the_single_ones() -> None:
    before, after = frame(view()), frame(view(x=3, zoom=1.01))

    for both, single in zip(motions(before, after), (motion(before, after), motion(after, before)), strict=True):
        assert isinstance(both, Motion)
        assert np.array_equal(both.flow, single.flow)
        assert np.array_equal(both.trust, single.trust)
