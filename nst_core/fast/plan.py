"""How the fast method is computed: whole, or in strips. A decision, no arithmetic; estimates read it too."""

WHOLE_PIXELS = 4_200_000
"""Larger pictures are painted in strips: 4,096 px square takes 0.2 GB more so, and more time for each pixel."""


def in_strips(height: int, width: int) -> bool:
    """Whether a picture of this size is painted in strips."""
    return height * width > WHOLE_PIXELS
