"""Places for workers; `nst_core.jobs.executor` says what the job service needs of each.

local  worker processes on this machine: the default
"""
