"""Places for workers; `nst_core.jobs.executor` says what the job service needs of each.

choice   the place that the operator has chosen
local    worker processes on this machine: the default
cluster  actors of a Ray cluster
"""
