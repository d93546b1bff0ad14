"""NST Studio's core: neural style transfer without a user interface.

Importing this package, or any module that a page imports, does not import TensorFlow: only `models`, `slow`,
`fast`, `yardstick` and the worker process do.
"""

from nst_core.errors import NSTError

__version__ = "0.2.0"
__all__ = ["NSTError", "__version__"]
