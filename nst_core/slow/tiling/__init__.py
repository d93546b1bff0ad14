"""Large pictures in bounded memory: overlapping windows of rows, and the choice of their number."""
