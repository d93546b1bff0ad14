"""The networks as LiteRT files (`.tflite`), for phones and browsers.

    manifest       the files of an export folder, with their hashes, inputs and outputs
    fast_pair      the graphs of the fast method, each for one size of picture
    plain_transformer  the transformer in operations that LiteRT computes fast
    convert        a graph as the bytes of a LiteRT file, in float32, float16 or int8
    calibration    pictures for the ranges of int8, and others for checks
    operations     the operations of a file, and those that run on a GPU
    embedded       the description and metadata inside a file
    fast_files     the fast pair in an export folder
    check          the fast pair's files against the networks: difference, time
    slow_layout    layers, terms, inputs and results of the slow method's graph
    slow_graph     the slow method's loss and its gradient, of plain operations
    slow_template  makes its files without weights; they are committed in slow_graphs/
    slow_weights   its weights as one file for all sizes; joins both
    slow_files     both in an export folder
    making         makes an export folder
    own_folder     the app's own export folder, made once

Importing this package is fast: TensorFlow is imported when a file is made.
"""
