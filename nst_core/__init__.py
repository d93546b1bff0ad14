"""NST Studio's core: neural style transfer without a user interface.

TensorFlow is imported only by `models`, `slow`, `fast`, `metrics` and the worker process, not by this package or by
modules that pages import.
"""

from nst_core.errors import NSTError

__version__ = "0.2.0"
__all__ = ["NSTError", "__version__"]
