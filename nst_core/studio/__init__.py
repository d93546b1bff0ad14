"""Neural style transfer in five lines, for a program or a notebook.

    from nst_core import studio

    photo, painting = studio.open_picture("cat.jpg"), studio.sample("night-swirls")
    result = studio.paint(photo, painting, preset="bold", longest_edge_px=256, steps=60)
    result.save("out.png")

pictures   pictures from a path, an address, bytes, Pillow or NumPy
painting   `paint` and `steps`
arguments  checks of what a run is given beside its pictures
result     the picture, curve, measures and file of a run
displays   the displays of a run under way: nothing, a bar, or a live view in a notebook
live       the live view: the picture and its loss curves
figure     the figure of loss curves, as plain data
inside     feature maps and Gram matrices
quiet      TensorFlow without its start-up messages
sheet      several pictures beside each other

Importing it loads neither TensorFlow nor Plotly: the first run and the first figure do.
"""

from nst_core.errors import NSTError
from nst_core.picture.upload import Picture
from nst_core.recipe import PRESETS, Recipe, make
from nst_core.step import Step
from nst_core.studio.inside import feature_maps, gram_matrices
from nst_core.studio.painting import Run, paint, steps
from nst_core.studio.pictures import open_picture, sample, samples
from nst_core.studio.result import Result, curves
from nst_core.studio.sheet import Sheet, side_by_side
from nst_core.system.tuning import tune_running_process

tune_running_process()  # must run before TensorFlow is imported, whose start-up messages would fill a notebook

__all__ = [
    "PRESETS",
    "NSTError",
    "Picture",
    "Recipe",
    "Result",
    "Run",
    "Sheet",
    "Step",
    "curves",
    "feature_maps",
    "gram_matrices",
    "make",
    "open_picture",
    "paint",
    "sample",
    "samples",
    "side_by_side",
    "steps",
]
