"""The sweep sheet: two settings varied together in a grid of small pictures."""
