"""Sweeps: two settings varied together, as a sheet of small runs.

axes      the settings that can be varied, and their values
plan      the recipe of each cell
filler    fills the cells of a grid: a thread that submits their runs one after another
runner    one sweep
registry  the sweeps of a server
store     a sweep on disk
image     a sheet as one PNG
"""
