"""Whether the fast method computes a picture whole or in strips. Estimates read it, so it needs no TensorFlow."""

WHOLE_PIXELS = 3_200_000
"""Larger pictures are stylised in strips, which need less memory and up to twice the time. On a machine with AVX-512,
a whole picture of 2,048 x 1,536 px needs 1.2 GB, one of 2,048 x 2,048 px 1.6 GB."""


def in_strips(height: int, width: int) -> bool:
    """Whether a picture of this size, in pixels, is stylised in strips."""
    return height * width > WHOLE_PIXELS
