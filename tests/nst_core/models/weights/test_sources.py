"""The table is complete, unambiguous, and light to import."""

import subprocess
import sys
from typing import Any

import pytest

from nst_core.models.weights import NETWORKS


@pytest.mark.parametrize("network", NETWORKS)
def test_every_source_has_what_a_licences_table_needs(network: Any) -> None:
    for source in NETWORKS[network].sources:
        assert source.name
        assert source.licence
        assert source.address
        assert source.hash or source.kind == "hub"
        assert source.kind != "wheel" or (
            source.archive_name.endswith(".whl") and all(m.sha256 for m in source.members)
        )


def test_slugs_are_plain_folder_names_and_differ() -> None:
    slugs = [f"{name}/{source.slug}" for name, network in NETWORKS.items() for source in network.sources]
    assert len(set(slugs)) == len(slugs)
    assert all(set(slug.split("/")[1]) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-") for slug in slugs)


def test_keras_publishes_the_md5_that_is_pinned() -> None:
    """Read from Keras' source text, so that nothing heavy is imported."""
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("keras")
    assert spec is not None
    assert spec.origin is not None
    for network in ("vgg16", "vgg19"):
        text = (Path(spec.origin).parent / "src" / "applications" / f"{network}.py").read_text()
        source = NETWORKS[network].sources[0]
        assert f'"{source.hash.removeprefix("md5:")}"' in text
        assert source.members[0].name in text


@pytest.mark.slow
def test_importing_the_package_imports_no_heavy_library() -> None:
    heavy = ("tensorflow", "keras", "h5py", "onnx")
    code = f"import sys, nst_core.models.weights; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
