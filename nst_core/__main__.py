"""`python -m nst_core`."""

import sys

from nst_core.cli import main

sys.exit(main())
