"""`python -m nst_core`."""

import os
import sys

from nst_core.cli.main import main
from nst_core.settings import TUNED

if sys.platform == "linux" and not TUNED.keys() <= os.environ.keys():
    os.execve(sys.executable, [sys.executable, "-m", "nst_core", *sys.argv[1:]], {**TUNED, **os.environ})  # noqa: S606
sys.exit(main())
