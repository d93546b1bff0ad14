"""Large pictures in bounded memory: overlapping windows, and the plan of how many are needed."""
