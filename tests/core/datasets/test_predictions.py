"""Other people's predictions: what is read, what is matched, and what is refused."""

from pathlib import Path

import polars as pl
import pytest

from core.datasets.predictions import ForeignPredictions, read_predictions
from core.errors import DataError
from core.findings import Finding
from core.tables import MANIFEST, PREDICTIONS

IMAGES = ("a/1.png", "a/2.png", "b/3.png")


@pytest.fixture
def manifest() -> pl.DataFrame:
    rows = [{"image_id": name, "split": "test", "view": "PA"} for name in IMAGES]
    return pl.DataFrame(rows, MANIFEST.schema)


def written(folder: Path, text: str) -> Path:
    path = folder / "predictions.csv"
    path.write_text(text)
    return path


def test_rows_are_put_in_the_order_of_the_manifest(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = written(tmp_path, "image_id,Mass,Pleural Effusion\nb/3.png,0.3,0.5\na/1.png,0.1,0\n")
    foreign = read_predictions(path, manifest)
    assert foreign.frame["image_id"].to_list() == ["a/1.png", "b/3.png"]
    assert foreign.frame["Mass"].to_list() == pytest.approx([0.1, 0.3])
    assert foreign.frame["Hernia"].null_count() == 2
    assert foreign.findings == (Finding.EFFUSION, Finding.MASS)
    assert foreign.frame.schema == PREDICTIONS.schema


def test_what_cannot_be_matched_is_listed(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = written(tmp_path, "id,Mass,reader\na/1.png,0.1,me\nx.png,0.2,me\n")
    foreign = read_predictions(path, manifest)
    assert foreign.matched_by == "image id"
    assert foreign.strangers == ("x.png",)
    assert foreign.without_prediction == ("a/2.png", "b/3.png")
    assert foreign.unused_columns == ("reader",)


def test_ids_without_folder_and_extension_match_by_file_name(
    tmp_path: Path, manifest: pl.DataFrame
) -> None:
    path = written(tmp_path, "their id,Mass\n/data/2.jpg,0.2\n3,0.3\n")
    foreign = read_predictions(path, manifest, id_column="their id")
    assert foreign.matched_by == "file name"
    assert foreign.frame["image_id"].to_list() == ["a/2.png", "b/3.png"]


def test_a_file_name_that_two_images_share_matches_neither(tmp_path: Path) -> None:
    rows = [{"image_id": name} for name in ("a/1.png", "b/1.png", "b/2.png")]
    manifest = pl.DataFrame(rows, MANIFEST.schema)
    foreign = read_predictions(written(tmp_path, "id,Mass\n1,0.5\n2,0.5\n"), manifest)
    assert foreign.frame["image_id"].to_list() == ["b/2.png"]
    assert foreign.strangers == ("1",)


def test_released_paths_match_below_the_folder_of_the_release(tmp_path: Path) -> None:
    images = [f"valid/patient{k}/study1/view{v}_frontal.jpg" for k in (1, 2) for v in (1, 2)]
    manifest = pl.DataFrame([{"image_id": name} for name in images], MANIFEST.schema)
    rows = [f"CheXpert-v1.0-small/{name},0.{k}" for k, name in enumerate(images[1:])]
    rows.append("CheXpert-v1.0-small/valid/patient9/study1/view1_frontal.jpg,0.9")
    foreign = read_predictions(written(tmp_path, "\n".join(["Path,Mass", *rows]) + "\n"), manifest)
    assert foreign.frame["image_id"].to_list() == images[1:]
    assert foreign.frame["Mass"].to_list() == pytest.approx([0.0, 0.1, 0.2])
    assert foreign.strangers == ("CheXpert-v1.0-small/valid/patient9/study1/view1_frontal.jpg",)


def test_the_last_number_of_a_uid_is_no_extension(tmp_path: Path) -> None:
    rows = [{"image_id": f"1.2.3.1.{k}"} for k in (7, 8)]
    manifest = pl.DataFrame(rows, MANIFEST.schema)
    text = "id,Mass\n1.2.3.1.9.dcm,0.5\n1.2.3.1.8.dcm,0.5\n"
    foreign = read_predictions(written(tmp_path, text), manifest)
    assert foreign.frame["image_id"].to_list() == ["1.2.3.1.8"]
    assert foreign.strangers == ("1.2.3.1.9.dcm",)


def test_parquet_is_read_like_a_csv(tmp_path: Path, manifest: pl.DataFrame) -> None:
    frame = pl.DataFrame({"image_id": IMAGES, "Mass": [0.25, 0.5, 1.0]})
    frame.write_parquet(tmp_path / "p.parquet")
    frame.write_csv(tmp_path / "p.csv")
    found: list[ForeignPredictions] = [
        read_predictions(tmp_path / name, manifest) for name in ("p.parquet", "p.csv")
    ]
    assert found[0].frame.equals(found[1].frame)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,Mass\na/1.png,0.1\n", "no column of image ids was found; name one of name, Mass"),
        ("image_id,Rash\na/1.png,0.1\n", "has no column named as a finding"),
        ("image_id,Mass\na/1.png,-3.1\na/2.png,4\n", "row 2: column Mass: -3.1 is no probability"),
        ("image_id,Mass\na/1.png,\n", "row 2: column Mass is blank"),
        ("image_id,Mass\na/1.png,high\n", "row 2: column Mass: 'high' is no number"),
        ("image_id,Mass\na/1.png,nan\n", "row 2: column Mass: 'nan' is no number"),
        ("image_id,Mass\na/1.png,0.1\na/1.png,0.2\n", "rows 2, 3: image_id 'a/1.png' is given"),
        (
            "image_id,Mass\n1.png,0.1\n1.jpg,0.2\n",
            "rows 2, 3: image_id '1.png', '1.jpg' are one image, 'a/1.png'",
        ),
        ("image_id,Effusion,Pleural Effusion\na/1.png,0.1,0.1\n", "both mean Effusion"),
        ("image_id,Mass\n,0.1\n", "row 2: image_id is blank"),
        ("image_id,Mass\nx,0.1\n", "none of its 1 ids is an image of this data set"),
    ],
)
def test_a_broken_file_is_refused_with_its_row(
    tmp_path: Path, manifest: pl.DataFrame, text: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence.replace("(", r"\(")):
        read_predictions(written(tmp_path, text), manifest)


def test_a_named_id_column_must_be_there(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = written(tmp_path, "image_id,Mass\na/1.png,0.1\n")
    with pytest.raises(DataError, match="column 'uid' is missing; name one of image_id, Mass"):
        read_predictions(path, manifest, id_column="uid")


def test_a_parquet_file_of_lists_is_refused(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"image_id": ["a/1.png"], "Mass": [[0.1]]}).write_parquet(path)
    with pytest.raises(DataError, match="column Mass holds lists"):
        read_predictions(path, manifest)


def test_a_parquet_column_named_as_the_rows_numbers_is_refused(
    tmp_path: Path, manifest: pl.DataFrame
) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"image_id": IMAGES, "file_row": 1, "Mass": 0.1}).write_parquet(path)
    with pytest.raises(DataError, match="column file_row has the name of .* rename it"):
        read_predictions(path, manifest)


def test_a_damaged_parquet_file_is_one_sentence(tmp_path: Path, manifest: pl.DataFrame) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"image_id": IMAGES, "Mass": [0.1, 0.2, 0.3]}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="p.parquet: this parquet file cannot be read"):
        read_predictions(path, manifest)
