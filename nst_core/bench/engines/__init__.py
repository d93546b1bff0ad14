"""Benchmarks of the slow and fast engines, beside the tutorial's loop and another package."""
