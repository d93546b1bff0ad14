"""The layers of the code: a module may import from its own layer and from those below, never from above.

`test_storeys.py` checks every import against this table. CONTRIBUTING.md shows the table.
"""

STOREYS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("entry points", ("app", "serve"), "in the browser; a real server, killed and restarted"),
    ("pages", ("pages",), "smoke tests with a job service of their own; in the browser"),
    ("parts of pages", ("pages.parts",), "charts as data; smoke tests"),
    (
        "command line, benchmarks",
        ("nst_core.cli", "nst_core.doctor", "nst_core.bench", "nst_core.capacity", "nst_core.__main__"),
        "real processes",
    ),
    ("batches", ("nst_core.batch",), "engines replaced by a network that does nearly nothing; killed processes"),
    ("API", ("nst_core.api",), "requests to the application, with a worker of their own; a real server"),
    ("Python API", ("nst_core.studio",), "a network of random kernels; the example notebooks, executed"),
    ("client", ("nst_core.client",), "scripted servers; the API with a worker of the test's own; a real server"),
    ("server", ("nst_core.server",), "requests to the middleware; a real server"),
    (
        "jobs",
        ("nst_core.jobs", "nst_core.executors", "nst_core.sweeps"),
        "a real worker, killed and restarted; one contract for all places of workers",
    ),
    (
        "runs",
        ("nst_core.runs", "nst_core.film"),
        "engines replaced by recorders; estimates against real runs; odd and damaged films",
    ),
    ("export", ("nst_core.export",), "the files, run by LiteRT, against the networks"),
    ("metrics", ("nst_core.metrics",), "closed forms; the tutorial's formula, computed independently"),
    ("engines", ("nst_core.slow", "nst_core.fast"), "naive loops, finite differences, the graph of another program"),
    ("models", ("nst_core.models",), "a naive decoder, a naive convolution, faulty servers"),
    ("pictures", ("nst_core.picture",), "properties, truncation, mutation"),
    ("network", ("nst_core.net",), "faulty servers on the loopback address"),
    (
        "base",
        ("nst_core.recipe", "nst_core.step", "nst_core.settings", "nst_core.errors", "nst_core.system", "nst_core"),
        "properties",
    ),
)
"""(name, modules, how it is tested), the highest first."""

INDEPENDENT = (("nst_core.slow", "nst_core.fast"), ("nst_core.fast", "nst_core.slow"))
"""(importer, imported): pairs of one layer that must not import each other."""

TENSORFLOW = (
    "nst_core.models",
    "nst_core.slow",
    "nst_core.fast",
    "nst_core.metrics",
    "nst_core.export",
    "nst_core.film.engines",
    "nst_core.jobs.worker",
)
"""The modules that may import TensorFlow, except `nst_core.models.weights`."""

PAGE_LIBRARIES = ("streamlit", "plotly")
"""Libraries that only the entry points, pages and their parts may import."""

PAGES_MAY_IMPORT = (
    "nst_core.jobs.service",  # the only access to runs
    "nst_core.sweeps",
    "nst_core.batch.archive",
    "nst_core.batch.hosted",
    "nst_core.recipe",
    "nst_core.picture",
    "nst_core.errors",
    "nst_core.server.addresses",  # the name of a header
    "nst_core.server.device_files",  # addresses and sizes of the files with which a browser paints
    "nst_core.server.device_setup",
    "nst_core.export.manifest",
    "nst_core.settings",
    "nst_core.step",
    "nst_core.system.host_profile",
    "nst_core.film.estimate",
    "nst_core.film.info",
    "nst_core.film.reading",  # decodes in a process of its own
    # Pure functions and values, without TensorFlow, processes or files of runs:
    "nst_core.runs.cost",
    "nst_core.runs.curve",
    "nst_core.runs.curve_explanation",
    "nst_core.runs.curve_files",
    "nst_core.runs.films",
    "nst_core.runs.inputs",
    "nst_core.runs.recolour",
    "nst_core.runs.timelapse",
    "nst_core.metrics.gram_order",
    "nst_core.metrics.preference",
    "nst_core.models.vgg_layout",
    "nst_core.models.weights",  # sources and licences, for About
    "nst_core.bench.report.tables",  # for About
)
"""The modules of the core that pages and their parts may import; of `nst_core.jobs` only the service."""

STREAMLIT_PROTOCOL_CLIENTS = ("nst_core.bench.app.protocol",)
"""Exceptions to `PAGE_LIBRARIES`: a benchmark that measures a served page needs Streamlit's protocol messages."""

NOTEBOOK_FIGURES = ("nst_core.studio.live", "nst_core.studio.result")
"""Exceptions to `PAGE_LIBRARIES`: curves in a notebook are Plotly's; it is imported when the first one is drawn."""
