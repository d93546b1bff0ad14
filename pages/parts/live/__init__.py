"""The live page: camera, screen or video, painted in the visitor's own browser."""
