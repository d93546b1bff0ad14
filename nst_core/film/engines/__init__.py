"""The methods for films: frame after frame, each from the last result.

frames    one frame's task, its result, and what it leaves to the next
forward   the pass through the film: scenes, motion, masks, keyframes, colours
blending  the mix of a fresh frame with the last result
fast      the fast method: each frame painted, and mixed with the last result where the motion is trusted
slow      the slow method: each frame optimised from the last result, with a temporal term
holding   what of the slow method's last result stays as it is
backward  the second pass of the slow method, from the last frame to the first
"""
