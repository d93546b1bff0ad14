"""The sizes up to which the fast method paints several pictures, or one, at once. No TensorFlow: others read it."""

WHOLE_PIXELS = 3_200_000
"""Greatest number of pixels that is stylised at once. Larger pictures are stylised in strips, which need less memory
and up to twice the time. Without strips, 2,048 x 1,536 px need 1.2 GB and 2,048 x 2,048 px 1.6 GB (AVX-512)."""

BATCH_PIXELS = 600_000
"""Greatest number of pixels in a batch of small pictures."""


def in_strips(height: int, width: int) -> bool:
    """Whether a picture of this size, in pixels, is stylised in strips."""
    return height * width > WHOLE_PIXELS
