"""The direction of imports: a module may import from its own storey and from those below, never upwards.

`test_storeys.py` holds the code to this table, and the README shows it.
"""

STOREYS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("front door", ("app", "serve"), "in the browser; a real server, killed and restarted"),
    ("screens", ("pages",), "smoke tests with a desk of their own; in the browser"),
    ("parts of screens", ("pages.parts",), "charts as data; smoke tests"),
    (
        "doors without a screen",
        ("nst_core.cli.main", "nst_core.cli.arguments", "nst_core.__main__", "nst_core.cli.docs"),
        "real processes",
    ),
    (
        "runs",
        ("nst_core.jobs", "nst_core.cli.stylize", "nst_core.runs.log", "nst_core.bench", "nst_core.runs.preview"),
        "a real worker, killed and restarted",
    ),
    ("what a run will cost", ("nst_core.runs.cost",), "against real runs"),
    ("playing a recipe", ("nst_core.runs.runner",), "engines replaced by recorders"),
    (
        "judging",
        ("nst_core.metrics.yardstick", "nst_core.metrics.inspection", "nst_core.metrics.gram_order"),
        "closed forms, the tutorial's formula evaluated apart",
    ),
    ("engines", ("nst_core.slow", "nst_core.fast"), "naive loops, finite differences, another program's graph"),
    ("models", ("nst_core.models",), "a naive decode, a naive convolution, faulty servers"),
    ("moving pictures", ("nst_core.runs.timelapse",), "films decoded again"),
    ("pictures", ("nst_core.picture",), "properties, truncation, mutation"),
    (
        "ground",
        (
            "nst_core.recipe",
            "nst_core.step",
            "nst_core.settings",
            "nst_core.errors",
            "nst_core.system.allocator",
            "nst_core",
        ),
        "properties",
    ),
)
"""(name, modules, how it is tested), the highest first."""

APART = (("nst_core.slow", "nst_core.fast"), ("nst_core.fast", "nst_core.slow"))
"""Pairs on one storey that do not know each other."""

TENSORFLOW = (
    "nst_core.models",
    "nst_core.slow",
    "nst_core.fast",
    "nst_core.metrics.yardstick",
    "nst_core.metrics.inspection",
    "nst_core.jobs.worker",
)
"""Where TensorFlow may be imported, except inside `nst_core.models.weights`."""

LIBRARIES_BELOW_PAGES = ("streamlit", "plotly")
"""What nothing below the screens imports."""

SPEAKS_TO_A_PAGE = ("nst_core.bench.app.headless_client",)
"""Except what measures a served page from outside: it needs the words of Streamlit's wire, and nothing else of it."""
