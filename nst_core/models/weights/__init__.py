"""The real weights of every network: where they come from, where they are kept, how they are read.

    sources          the table: each network, its sources, hashes and licences
    finding          the order of search, and what was tried
    operator_folder  1. files placed by hand
    cache            2. fetched before: locked, hashed at every load, put in place atomically
    fetching         3. official addresses, and 4. wheels: how a source fills a cache entry
    download, archives, wheels, hashing, disk   one tool each
    kernels          files -> VGG kernels (legacy_h5, codebook);  onnx_reader: files -> the fast network's arrays
    survey           what is where, and whether it is intact

Importing this package is light: h5py and onnx are imported when a file is read, TensorFlow never.
"""

from nst_core.models.weights.cache import store_folder
from nst_core.models.weights.inventory import Check, Status, status, verify
from nst_core.models.weights.kernels import vgg_kernels
from nst_core.models.weights.onnx_reader import onnx_arrays
from nst_core.models.weights.resolver import WeightsSource, find
from nst_core.models.weights.sources import NETWORKS, NetworkSources, Source

__all__ = [
    "NETWORKS",
    "Check",
    "NetworkSources",
    "Source",
    "Status",
    "WeightsSource",
    "find",
    "onnx_arrays",
    "status",
    "store_folder",
    "verify",
    "vgg_kernels",
]
