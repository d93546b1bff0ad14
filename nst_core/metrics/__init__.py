"""Distances of a result from its content and styles (the yardstick), and inspection of a network's layers."""
