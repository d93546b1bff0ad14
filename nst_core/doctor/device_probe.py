"""Prints the chosen device as JSON: a program of its own, which loads TensorFlow."""

from __future__ import annotations

import json


def main() -> None:
    """Print title and reason of the device with TensorFlow's version, or the error that its choice gave."""
    from importlib.metadata import version

    from nst_core.errors import NSTError
    from nst_core.models.device import device

    try:
        chosen = device()
    except NSTError as error:
        print(json.dumps({"error": str(error)}))
        return
    print(json.dumps({"title": chosen.title, "reason": chosen.reason, "version": version("tensorflow")}))


if __name__ == "__main__":
    main()
