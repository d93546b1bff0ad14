"""Measures of a result (the yardstick), and views inside the network."""
