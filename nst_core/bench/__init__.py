"""The project's own benchmarks: `python -m nst_core bench`.

engines/  slow     cost of a slow step, its share of the machine's convolution limit, memory, growth with the picture
          fast     latency and memory of the fast method, beside another package (baseline)
          race     time to the same loss: the tutorial's own loop against `tutorial-quick`
          quality  results of each method on six pairs of pictures, by the yardstick and as a contact sheet
          artefacts meshes, chroma noise and specks by method and shifted passes, beside photographs
          balance  how well subjects are recognised under paintings and strong patterns, beside fixed weights
          films    (`bench film`) films by each method, beside frame by frame: warping error, flicker, drift, style
                   (known_films: frames with known motion)
          batch    folders of pictures from files to files, against the fast engine alone
          export   the fast method's files for phones and browsers against the networks: difference, size, time
app/      pages    first paint, page switch and memory of the app, in a real browser (browser)
          live     waiting times while a run is painted, and the cost of watching it (watching, headless_client)
          device   frames a second of the live page, by size and backend, with a camera that plays a film
          painting seconds a step of "Paint on this device", by size and backend, and agreement with the engine
          load     many visitors at once: waits, errors, fairness, memory (load_visitor, load_tab, protocol)
service/  kills    worker and server killed at random moments: lost and stuck runs, leftover files (host, toy_worker)
          api      fast pictures by the REST API against the engine, and the cost of many listeners (api_listeners)
          soak     growth of memory, file handles and threads over many tiny runs
          queue    waiting times at three loads, beside those that the capacity model simulates
          sweep    sheets of 5 by 5 cells and films of four scenes on two workers against one, a core each
report/   measured.json holds the published figures; measured reads and writes it, tables formats it, tools are shared

Compare figures of one run only: machines are noisy, and only ratios within a run are reliable.
"""

MODULES = {
    **{
        name: f"{__name__}.engines.{name}"
        for name in ("slow", "fast", "race", "quality", "artefacts", "balance", "batch", "export")
    },
    "film": f"{__name__}.engines.films",
    **{name: f"{__name__}.app.{name}" for name in ("pages", "live", "device", "painting", "load")},
    **{name: f"{__name__}.service.{name}" for name in ("kills", "soak", "api", "queue", "sweep")},
}
"""Name on the command line -> module with `run` and `table`."""
