"""One film that several workers paint: each takes scenes, which need nothing of the frames before them.

plan      who paints which frames; the run's own worker alone decides
cuts      finds the scenes that lie ahead
files     the folder of each part, from which the film takes over its frames
painting  the run's own worker: the film in order, and parts of it; another worker: one part
processes the other workers of the command `film`
"""
