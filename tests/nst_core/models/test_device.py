"""The choice of device and precision, which can be tested without a GPU."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.models import device as devices
from nst_core.models import gpu_memory
from nst_core.models.device import Device, choose, faster_precision, precision
from nst_core.system.processor import cores

GPU = ["RTX 9000"]


@pytest.mark.parametrize(
    ("wanted", "gpus", "cores", "expected"),
    [
        ("auto", [], 2, Device("/CPU:0", "CPU, 2 cores", "no GPU is there")),
        ("auto", [], 1, Device("/CPU:0", "CPU, 1 core", "no GPU is there")),
        ("auto", GPU, 2, Device("/GPU:0", "RTX 9000", "a GPU is there", False)),
        ("auto", ["first", "second"], 2, Device("/GPU:0", "first", "a GPU is there", False)),
        ("cpu", [], 8, Device("/CPU:0", "CPU, 8 cores", "set by NST_DEVICE")),
        ("cpu", GPU, 8, Device("/CPU:0", "CPU, 8 cores", "set by NST_DEVICE")),
        ("gpu", GPU, 8, Device("/GPU:0", "RTX 9000", "set by NST_DEVICE", False)),
    ],
)
def test_choices(wanted: str, gpus: Any, cores: int, expected: Any) -> None:
    assert choose(wanted, gpus, cores) == expected


def test_a_gpu_that_is_not_there_is_refused_with_a_way_out() -> None:
    with pytest.raises(RecipeError, match="NST_DEVICE is gpu, but TensorFlow sees no GPU; install"):
        choose("gpu", [], 2)


@pytest.mark.parametrize("wanted", ["", "tpu", "GPU", "cuda:0"])
@pytest.mark.parametrize("gpus", [[], GPU])
def test_an_unknown_wish_is_refused(wanted: str, gpus: Any) -> None:
    with pytest.raises(RecipeError, match=f"NST_DEVICE must be auto, cpu or gpu, got '{wanted}'"):
        choose(wanted, gpus, 2)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A machine with two GPUs as TensorFlow would tell of it; holds for which of them growth was set, and more."""
    grown, seen = {}, SimpleNamespace(determinism=[], free_mb=[])
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: seen.determinism.append(True))
    monkeypatch.setattr(gpu_memory, "usable_mb", lambda: seen.free_mb.append(True) or 6000.0)
    monkeypatch.delenv("NST_DETERMINISTIC", raising=False)
    gpus = [SimpleNamespace(name=f"/physical_device:GPU:{n}") for n in range(2)]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus if kind == "GPU" else [])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, on: grown.update({gpu.name: on}))
    details = {"/physical_device:GPU:0": {"device_name": "RTX 9000"}, "/physical_device:GPU:1": {}}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details[gpu.name])
    monkeypatch.delenv("NST_DEVICE", raising=False)
    devices.device.cache_clear()
    yield SimpleNamespace(grown=grown, gpus=gpus, seen=seen)
    devices.device.cache_clear()


def test_memory_growth_is_set_on_each_gpu(machine: Any) -> None:
    assert devices.device() == Device("/GPU:0", "RTX 9000", "a GPU is there", deterministic=False)
    assert machine.grown == {"/physical_device:GPU:0": True, "/physical_device:GPU:1": True}


def test_a_gpu_without_a_title_is_called_by_its_name(machine: Any) -> None:
    machine.gpus.pop(0)
    assert devices.device().title == "/physical_device:GPU:1"


def test_the_operators_wish_is_read(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DEVICE", " CPU ")
    chosen = devices.device()
    assert (chosen.name, chosen.reason) == ("/CPU:0", "set by NST_DEVICE")
    assert chosen.title.startswith(f"CPU, {cores()} core")


def test_a_gpu_computes_the_same_bits_each_time_only_if_it_must(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not devices.device().deterministic
    assert machine.seen.determinism == []
    devices.device.cache_clear()
    monkeypatch.setenv("NST_DETERMINISTIC", "1")
    assert devices.device().deterministic
    assert devices.device().title == "RTX 9000, deterministic"  # provenance and pages show the title
    assert machine.seen.determinism == [True]


def test_a_processor_always_computes_the_same_bits(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DEVICE", "cpu")
    monkeypatch.setenv("NST_DETERMINISTIC", "1")
    assert devices.device().deterministic
    assert devices.device().title.startswith("CPU, ")
    assert machine.seen.determinism == []  # for a CPU it would only cost time


def test_memory_of_a_gpu_is_asked_before_tensorflow_has_any_and_limits_runs(machine: Any) -> None:
    devices.device()
    assert machine.seen.free_mb == [True]
    assert devices.memory_mb() == 5000  # the largest limit below 6,000


def test_the_device_is_chosen_once(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = devices.device()
    monkeypatch.setenv("NST_DEVICE", "cpu")
    assert devices.device() is first


@pytest.mark.parametrize(
    ("float32", "bfloat16", "expected"),
    [
        (1.0, 0.5, "bfloat16"),
        (1.4, 1.0, "bfloat16"),
        (1.39, 1.0, "float32"),
        (1.0, 1.0, "float32"),
        (1.0, 9.0, "float32"),
    ],
)
def test_bfloat16_must_be_worth_it(float32: float, bfloat16: float, expected: str) -> None:
    assert faster_precision({"float32": float32, "bfloat16": bfloat16}.__getitem__) == expected


@pytest.fixture
def never_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        pytest.fail("convolutions were measured although the precision was set")

    monkeypatch.setattr(devices, "convolution_seconds", refuse)


@pytest.mark.usefixtures("never_measured")
@pytest.mark.parametrize("operator", ["float32", "bfloat16"])
def test_a_recipes_precision_beats_the_operators(monkeypatch: pytest.MonkeyPatch, operator: str) -> None:
    monkeypatch.setenv("NST_PRECISION", operator)
    assert precision("float32") == "float32"
    assert precision("bfloat16") == "bfloat16"
    assert precision("auto") == precision() == operator


@pytest.mark.parametrize(("quick", "expected"), [("bfloat16", "bfloat16"), ("float32", "float32")])
@pytest.mark.parametrize("operator", [None, "", "auto", "float8"])
def test_auto_is_measured(monkeypatch: pytest.MonkeyPatch, quick: str, expected: str, operator: Any) -> None:
    if operator is None:
        monkeypatch.delenv("NST_PRECISION", raising=False)
    else:
        monkeypatch.setenv("NST_PRECISION", operator)
    monkeypatch.setattr(devices, "convolution_seconds", lambda _side, _channels, dtype: 1.0 if dtype == quick else 3.0)
    devices._measured_precision.cache_clear()
    assert precision() == expected
    devices._measured_precision.cache_clear()


def test_a_gpu_without_bfloat16_computes_in_float32(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = []

    def measure(side: int, _channels: int, dtype: str) -> float:
        sides.append(side)
        if dtype == "bfloat16":
            raise tf.errors.UnimplementedError(None, None, "no algorithm worked")
        return 1.0

    monkeypatch.setattr(devices, "convolution_seconds", measure)
    monkeypatch.delenv("NST_PRECISION", raising=False)
    devices._measured_precision.cache_clear()
    assert precision() == "float32"
    assert set(sides) == {256}  # large enough for a GPU to be measured, and not its start
    devices._measured_precision.cache_clear()


def test_a_busy_moment_does_not_decide() -> None:
    seconds = {"float32": iter([9.0, 1.0, 1.0, 1.0]), "bfloat16": iter([1.0, 1.0, 9.0, 1.0])}
    assert faster_precision(lambda dtype: next(seconds[dtype])) == "float32"


@pytest.mark.parametrize("dtype", devices.PRECISIONS)
def test_convolutions_are_timed(dtype: Any) -> None:
    seconds = devices.convolution_seconds(8, 16, dtype)
    assert 0 < seconds < 10
