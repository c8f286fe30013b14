from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from core.datasets.request import IndexRequest
from core.datasets.table import index
from core.errors import ConfigError, CxrError, DataError
from core.findings import FINDINGS
from core.tables import MANIFEST
from tests.fixtures.releases import write_table_dataset

CSV = "labels.csv"


def request(root: Path, **changes: object) -> IndexRequest:
    return IndexRequest(**{"root": root, "labels": CSV} | changes)  # pyright: ignore[reportArgumentType]


def rewrite(root: Path, edit: Callable[[str], str]) -> None:
    path = root / CSV
    path.write_text(edit(path.read_text()))


def test_columns_are_found_by_name(hospital: Path) -> None:
    manifest = MANIFEST.checked(index(request(hospital)).manifest, "manifest")
    row = manifest.row(0, named=True)
    assert row["image_id"] == row["path"] == row["study_id"] == "images/scan00.png"
    assert (row["patient_id"], row["view"], row["sex"], row["age_years"]) == ("p0", "AP", "F", 50)
    assert row["Effusion"] == 1


def test_findings_without_a_column_are_not_annotated(hospital: Path) -> None:
    manifest = index(request(hospital)).manifest
    others = [finding for finding in FINDINGS if finding != "Effusion"]
    assert all(manifest[finding].null_count() == manifest.height for finding in others)


def test_without_a_split_column_all_images_are_test_images(hospital: Path) -> None:
    tables = index(request(hospital))
    assert set(tables.manifest["split"]) == {"test"}
    assert any("can be a target only" in note for note in tables.notes)


def test_split_by_patient_gives_every_split_its_patients(tmp_path: Path) -> None:
    root = write_table_dataset(tmp_path / "hospital", num_images=120)
    manifest = index(request(root, split="by-patient")).manifest
    sides = manifest.group_by("patient_id").agg(pl.col("split").n_unique())
    assert set(manifest["split"]) == {"train", "val", "test"}
    assert sides["split"].to_list() == [1] * 60


def test_an_own_split_column_is_kept(hospital: Path) -> None:
    names = {"p0": "training", "p1": "validate"}
    rewrite(
        hospital,
        lambda text: "\n".join(
            line + "," + ("split" if k == 0 else names.get(line.split(",")[1], "test"))
            for k, line in enumerate(text.splitlines())
        ),
    )
    tables = index(request(hospital))
    assert tables.split_name == "its own"
    assert tables.manifest["split"].to_list()[:5] == ["train", "train", "val", "val", "test"]


def test_a_split_that_was_asked_for_wins_over_a_column_of_that_name(tmp_path: Path) -> None:
    root = write_table_dataset(tmp_path / "hospital", num_images=120)
    without = index(request(root, split="by-patient")).manifest
    rewrite(root, lambda text: text.replace("\n", ",strange\n").replace("strange", "fold", 1))
    tables = index(request(root, split="by-patient"))
    assert tables.split_name == "by-patient"
    assert tables.manifest.equals(without)
    assert tables.notes[-1] == "Column 'fold' was not used: --split by-patient was asked for."


@pytest.mark.parametrize(("cell", "value"), [("1.0", 1), ("-1", -1), ("-2", -2), ("", None)])
def test_a_label_cell_keeps_its_meaning(hospital: Path, cell: str, value: int | None) -> None:
    rewrite(
        hospital,
        lambda text: text.replace("scan00.png,p0,AP,F,50,1", f"scan00.png,p0,AP,F,50,{cell}"),
    )
    assert index(request(hospital)).manifest["Effusion"][0] == value


def test_a_column_of_another_name_can_be_mapped(hospital: Path) -> None:
    rewrite(
        hospital, lambda text: text.replace("patient", "mrn").replace("Pleural Effusion", "fluid")
    )
    columns = {"patient_id": "mrn", "Effusion": "fluid"}
    manifest = index(request(hospital, columns=columns)).manifest
    assert manifest["patient_id"][0] == "p0"
    assert manifest["Effusion"].sum() == 12


def test_columns_that_mean_nothing_are_named(hospital: Path) -> None:
    rewrite(hospital, lambda text: text.replace(",age,", ",ward,"))
    assert "Columns that were not used: ward." in index(request(hospital)).notes


@pytest.mark.parametrize("name", ["class", "Mask", "Code", "Pneumonia_source", "mass_mm"])
def test_a_column_that_is_only_a_little_like_a_finding_is_ignored(
    hospital: Path, name: str
) -> None:
    rewrite(hospital, lambda text: text.replace(",age,", f",{name},"))
    assert f"Columns that were not used: {name}." in index(request(hospital)).notes


def _replace(old: str, new: str) -> Callable[[Path], None]:
    return lambda root: rewrite(root, lambda text: text.replace(old, new, 1))


def _remove_image(root: Path) -> None:
    (root / "images/scan01.png").unlink()


def _truncate_image(root: Path) -> None:
    path = root / "images/scan01.png"
    path.write_bytes(path.read_bytes()[:100])


BAD_INPUT: dict[str, tuple[Callable[[Path], None], str]] = {
    "image missing": (
        _remove_image,
        r"labels.csv, row 3: image images/scan01.png there",
    ),
    "image truncated": (_truncate_image, r"labels.csv, row 3: .* is truncated"),
    "image outside": (_replace("images/scan01", "../../scan01"), r"row 3: .* lies outside"),
    "image given twice": (_replace("scan01", "scan00"), r"rows 2, 3: image_id .* more than once"),
    "label maybe": (
        _replace("F,50,1", "F,50,maybe"),
        r"row 2: column Effusion: 'maybe' is",
    ),
    "label 2": (_replace("F,50,1", "F,50,2"), r"row 2: column Effusion: '2' is no label"),
    "patient blank": (_replace(",p0,", ",,"), r"row 2: patient_id is blank"),
    "unknown view": (_replace(",AP,", ",SIDEWAYS,"), r"row 2: unknown view 'SIDEWAYS'"),
    "unknown sex": (_replace(",F,", ",Q,"), r"row 2: unknown sex 'Q'"),
    "impossible age": (_replace(",50,", ",500,"), r"row 2: age '500'"),
    "age in words": (_replace(",50,", ",fifty,"), r"row 2: age 'fifty'"),
    "no patient column": (_replace("patient,", "mrn,"), r"no column for patient_id; name it with"),
    "no image column": (_replace("image,", "scan,"), r"no column for path"),
    "no finding column": (
        _replace("Pleural Effusion", "fluid"),
        r"no column is one of",
    ),
    "misspelt finding": (
        _replace("age,Pleural Effusion", "Pleural Efusion,Effusion"),
        r"labels.csv, column 'Pleural Efusion': is nearly Effusion; .* rename it if it means",
    ),
    "two columns of one meaning": (_replace("image,patient", "image,file"), r"both mean path"),
    "ragged row": (_replace("F,50,1", "F,50,1,1,1,1"), r"row 2: has 9 cells, the header 6"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(hospital: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(hospital)
    with pytest.raises(DataError, match=sentence) as caught:
        index(request(hospital))
    assert str(hospital) in caught.value.problems[0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"labels": None}, "needs its file: add --labels"),
        ({"labels": "no.csv"}, "no.csv: there is no such file"),
        ({"columns": {"patient": "x"}}, "Unknown column 'patient'.*patient_id"),
        ({"columns": {"patient_id": "mrn"}}, "Unknown column 'mrn'"),
        ({"split": "random"}, "Unknown split policy 'random'"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    hospital: Path, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises((ConfigError, DataError), match=sentence) as caught:
        index(request(hospital, **changes))
    assert isinstance(caught.value, CxrError)


@pytest.mark.real
def test_the_children_of_guangzhou_are_annotated_for_pneumonia_alone(real_data: Path) -> None:
    manifest = index(request(real_data / "guangzhou")).manifest
    assert (manifest.height, manifest["Pneumonia"].sum()) == (618, 387)
    assert manifest["Effusion"].null_count() == 618
