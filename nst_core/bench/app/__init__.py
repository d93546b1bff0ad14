"""Benchmarks of the served app in a real browser: first paint, page switch, live curves."""
