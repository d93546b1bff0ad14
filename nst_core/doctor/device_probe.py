"""A program of its own that loads TensorFlow and prints the chosen device as JSON."""

from __future__ import annotations

import json


def main() -> None:
    """Print the device with TensorFlow's version and its GPUs, or the error if no device could be chosen."""
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
