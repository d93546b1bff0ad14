"""`python -m nst_core`."""

import sys

from nst_core.system.tuning import tune_process

if __name__ == "__main__":
    tune_process()

    from nst_core.cli.main import main

    sys.exit(main())
