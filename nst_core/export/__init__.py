"""The networks as LiteRT files (`.tflite`), for phones and browsers.

    manifest    the files of an export folder, with their hashes, inputs and outputs
    fast_pair   the graphs of the fast method, each for one size of picture
    convert     a graph as the bytes of a LiteRT file
    making      makes an export folder

Importing this package is fast: TensorFlow is imported when a file is made.
"""
