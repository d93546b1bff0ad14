"""The project's own measurements: `python -m nst_core bench`. Ratios of one run, since machines are noisy.

slow    cost of a slow step, its share of the machine's convolution limit, memory, growth with the picture
race    time to the same loss: the tutorial's own loop against `tutorial-quick`
fast    latency and memory of the fast method
quality what the methods make of six pairs of pictures, by the yardstick and by eye
pages   first paint, page switch and memory of the app, in a real browser
live    what a visitor waits for while something is painted, and what watching costs the run
tools   what they share; browser: the app and Chromium
measured, tables   what was measured, kept as JSON, and its cells for people
"""
