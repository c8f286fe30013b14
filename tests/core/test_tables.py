import polars as pl
import pytest

from core.errors import DataError
from core.tables import BOXES, HEATMAPS, TABLES, Table


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_without_rows_is_a_table(table: Table) -> None:
    assert table.checked(table.empty(), "nowhere").schema == table.schema


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_missing_column_is_named(table: Table) -> None:
    with pytest.raises(DataError, match=f"nowhere.*{table.name}"):
        table.checked(table.empty().drop(table.key[0]), "nowhere")


def boxes(**changes: list[object]) -> pl.DataFrame:
    rows: dict[str, list[object]] = {
        "image_id": ["a", "b"],
        "finding": ["Mass", "Nodule"],
        "x": [0.1, 0.2],
        "y": [0.1, 0.2],
        "width": [0.3, 0.3],
        "height": [0.3, 0.3],
    }
    return pl.DataFrame(rows | changes, strict=False)


def test_a_right_table_passes_unchanged() -> None:
    assert BOXES.checked(boxes(), "f").equals(boxes())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"finding": ["Mass", "Rash"]}, "f: row 2: finding is none of"),
        ({"x": [1.5, 0.2]}, "f: row 1: x is not a fraction"),
        ({"image_id": [None, "b"]}, "f: row 1: image_id is missing"),
    ],
)
def test_a_broken_rule_names_its_row(changes: dict[str, list[object]], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        BOXES.checked(boxes(**changes), "f")


def test_all_broken_rules_are_reported_at_once() -> None:
    with pytest.raises(DataError) as caught:
        BOXES.checked(boxes(finding=["Mass", "Rash"], x=[7, 8]), "f")
    assert len(caught.value.problems) == 2


def test_a_row_that_stands_twice_is_found() -> None:
    with pytest.raises(DataError, match="given twice"):
        BOXES.checked(pl.concat([boxes(), boxes()]), "f")


def test_a_heatmap_has_as_many_values_as_its_grid() -> None:
    row = {"image_id": "a", "finding": "Mass", "method": "gradcam", "height": 2, "width": 2}
    frame = pl.DataFrame([row | {"scale": 1.0, "values": [1.0], "probability": 0.5}])
    with pytest.raises(DataError, match="height x width"):
        HEATMAPS.checked(frame, "f")
