"""Sweeps: two settings varied together, as a sheet of small runs.

axes      the settings that can be varied, and their values
plan      the recipe of each cell
filler    fills the cells of a grid: threads that submit their runs, as many at once as there are workers
runner    one sweep
registry  the sweeps of a server
store     a sweep on disk
image     a sheet as one PNG
"""
