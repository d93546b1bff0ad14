"""The direction of imports: a module may import from its own storey and from those below, never upwards.

`test_storeys.py` holds the code to this table, and the README shows it.
"""

STOREYS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("front door", ("app", "serve"), "in the browser; a real server, killed and restarted"),
    ("screens", ("pages",), "smoke tests with a job service of their own; in the browser"),
    ("parts of screens", ("pages.parts",), "charts as data; smoke tests"),
    ("doors without a screen", ("nst_core.cli", "nst_core.bench", "nst_core.__main__"), "real processes"),
    ("jobs", ("nst_core.jobs",), "a real worker, killed and restarted"),
    ("runs", ("nst_core.runs",), "engines replaced by recorders; estimates against real runs"),
    ("metrics", ("nst_core.metrics",), "closed forms, the tutorial's formula evaluated apart"),
    ("engines", ("nst_core.slow", "nst_core.fast"), "naive loops, finite differences, another program's graph"),
    ("models", ("nst_core.models",), "a naive decode, a naive convolution, faulty servers"),
    ("pictures", ("nst_core.picture",), "properties, truncation, mutation"),
    ("network", ("nst_core.net",), "faulty servers on the loopback address"),
    (
        "ground",
        ("nst_core.recipe", "nst_core.step", "nst_core.settings", "nst_core.errors", "nst_core.system", "nst_core"),
        "properties",
    ),
)
"""(name, modules, how it is tested), the highest first."""

APART = (("nst_core.slow", "nst_core.fast"), ("nst_core.fast", "nst_core.slow"))
"""Pairs on one storey that do not know each other."""

TENSORFLOW = ("nst_core.models", "nst_core.slow", "nst_core.fast", "nst_core.metrics", "nst_core.jobs.worker")
"""Where TensorFlow may be imported, except inside `nst_core.models.weights`."""

LIBRARIES_BELOW_PAGES = ("streamlit", "plotly")
"""What nothing below the screens imports."""

SPEAKS_TO_A_PAGE = ("nst_core.bench.app.headless_client",)
"""Except what measures a served page from outside: it needs the words of Streamlit's wire, and nothing else of it."""
