"""The report of `bench export` as text; `tests/nst_core/export/test_making.py` checks real files."""

from nst_core.bench.engines import export

SECONDS = {"1": {"median": 0.021, "least": 0.02}, "2": {"median": 0.012, "least": 0.011}}
ROW = {
    "file": "style_transform_256_int8.tflite",
    "part": "style_transform",
    "size": 256,
    "precision": "int8",
    "megabytes": 0.309,
    "difference": 2.5736,
    "correlation": 0.99781,
    "seconds": SECONDS,
}


def test_each_file_is_a_line_and_the_runtime_is_named() -> None:
    _, line, last = export.table({"files": [ROW], "runtime": "ai_edge_litert"}).splitlines()
    assert line == "style_transform_256_int8.tflite | 0.31 | 2.5736 | 0.99781 | 21 | 12"
    assert last.endswith("ai_edge_litert")
