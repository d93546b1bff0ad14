"""Benchmarks of the job service and its worker process, without the app: the effects of faults and of long use."""
