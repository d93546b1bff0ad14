"""The command line: `python -m nst_core`."""
