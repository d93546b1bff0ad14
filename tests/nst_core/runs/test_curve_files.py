"""The curve as a table and as JSON."""

import csv
import io
import json
import math

from nst_core.recipe import make
from nst_core.runs import curve_files
from nst_core.runs.curve import CurvePoint

POINTS = (
    CurvePoint(1, 0.5, {"total": 110.0}, ("plateau", "scale 256 px"), 256, 1, {"content": 1.0}),
    CurvePoint(2, 0.75, {"total": 55.0, "style": math.inf}, (), 256, 2),
)


def test_a_table_has_a_row_for_each_point() -> None:
    rows = list(csv.DictReader(io.StringIO(curve_files.as_csv(POINTS))))
    assert [(row["step"], float(row["total"])) for row in rows] == [("1", 110.0), ("2", 55.0)]
    assert [row["events"] for row in rows] == ["plateau; scale 256 px", ""]
    assert [row["style"] for row in rows] == ["", "inf"]


def test_json_has_the_recipe_and_is_json_for_every_reader() -> None:
    def refused(name: str) -> float:
        raise AssertionError(name)

    told = json.loads(curve_files.as_json(POINTS, make(), {"noise": {"total": math.nan}}), parse_constant=refused)
    assert told["recipe"]["steps"] == make().steps
    assert told["reference_losses"] == {"noise": {"total": None}}
    assert [point["step"] for point in told["points"]] == [1, 2]
    assert told["points"][0]["weights"] == {"content": 1.0}
    assert told["points"][1]["losses"] == {"total": 55.0, "style": None}
