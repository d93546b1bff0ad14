"""Prints the chosen device as JSON: a program of its own, which loads TensorFlow."""

from __future__ import annotations

import json


def main() -> None:
    """Print the device with TensorFlow's version and its GPUs, or the error that its choice gave."""
    from importlib.metadata import version

    from nst_core.errors import NSTError
    from nst_core.models.device import device, gpu_titles

    try:
        chosen = device()
    except NSTError as error:
        print(json.dumps({"error": str(error)}))
        return
    told = {"title": chosen.title, "reason": chosen.reason, "version": version("tensorflow")}
    print(json.dumps({**told, "is_gpu": chosen.is_gpu, "gpus": len(gpu_titles())}))


if __name__ == "__main__":
    main()
