"""Films: reading and writing of their files, motion between frames, and the two methods frame by frame.

Motion:
    flow        where each pixel of a frame was in another one, and where that can be trusted
    scenes      finds the cuts at which a film begins anew
    measures    warping error, flicker and drift of a film's results
"""
