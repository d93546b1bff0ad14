"""Benchmarks of the job service and its worker process, without the app: what faults and long use leave behind."""
