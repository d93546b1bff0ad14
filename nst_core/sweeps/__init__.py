"""Sweeps: two settings varied together, as a sheet of small runs.

axes      the settings that can be varied, and their values
plan      the recipe of each cell
runner    one sweep: a thread that submits its cells one after another
registry  the sweeps of a server
store     a sweep on disk
image     a sheet as one PNG
"""
