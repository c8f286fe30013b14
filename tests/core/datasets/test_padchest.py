from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.datasets.padchest import index
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.findings import FINDINGS
from core.tables import MANIFEST
from tests.fixtures.foreign_releases import PADCHEST, replace, write_padchest


@pytest.fixture
def padchest(tmp_path: Path) -> Path:
    return write_padchest(tmp_path / "padchest")


def row(root: Path, image_id: str) -> dict[str, object]:
    manifest = MANIFEST.checked(index(IndexRequest(root)).manifest, "manifest")
    return manifest.row(manifest["image_id"].to_list().index(image_id), named=True)


def present(root: Path, image_id: str) -> list[str]:
    found = row(root, image_id)
    return [finding for finding in FINDINGS if found[finding] == 1]


def test_a_pseudonodule_is_no_nodule(padchest: Path) -> None:
    assert row(padchest, "a1.png")["Nodule"] == 0
    assert present(padchest, "a1.png") == []


def test_subcutaneous_emphysema_is_no_emphysema(padchest: Path) -> None:
    assert row(padchest, "f1.png")["Emphysema"] == 0


def test_labels_are_stripped_and_empty_ones_mean_nothing(padchest: Path) -> None:
    assert present(padchest, "b1.png") == ["Nodule"]


def test_a_kind_of_two_findings_is_both(padchest: Path) -> None:
    assert present(padchest, "e1.png") == ["Effusion", "Pneumothorax"]


@pytest.mark.parametrize(
    ("label", "finding"),
    [
        ("pulmonary edema", "Edema"),
        ("infiltrates", "Infiltration"),
        ("hiatal hernia", "Hernia"),
        ("laminar atelectasis", "Atelectasis"),
        ("apical pleural thickening", "Pleural_Thickening"),
    ],
)
def test_a_whole_label_is_its_finding(padchest: Path, label: str, finding: str) -> None:
    replace(padchest, PADCHEST, "['normal']", f"['{label}']")
    assert present(padchest, "c1.png") == [finding]


@pytest.mark.parametrize("label", ["breast mass", "mediastinal mass", "alveolar pattern", "Nodule"])
def test_a_label_that_only_sounds_like_a_finding_is_none(padchest: Path, label: str) -> None:
    replace(padchest, PADCHEST, "['normal']", f"['{label}']")
    assert present(padchest, "c1.png") == []


def test_an_unchanged_study_is_never_filled_from_the_patient_s_earlier_one(
    padchest: Path,
) -> None:
    tables = index(IndexRequest(padchest))
    assert "a3.png" not in tables.manifest["image_id"].to_list()
    assert '1 images without a label, or with "unchanged" alone, were left out.' in tables.notes


def test_images_that_padchest_excludes_are_left_out_and_counted(padchest: Path) -> None:
    tables = index(IndexRequest(padchest))
    assert "d1.png" not in tables.manifest["image_id"].to_list()
    assert "1 images that PadChest sets aside (EXCLUDE) were left out." in tables.notes


def test_normal_beside_a_finding_is_left_out_and_counted(padchest: Path) -> None:
    replace(padchest, PADCHEST, "['normal']", "['normal', 'nodule']")
    tables = index(IndexRequest(padchest))
    assert "c1.png" not in tables.manifest["image_id"].to_list()
    assert any("labelled normal and with a finding at once" in note for note in tables.notes)


def test_labels_from_physicians_are_counted(padchest: Path) -> None:
    notes = index(IndexRequest(padchest)).notes
    assert "3 images have labels from physicians; the others are a network's." in notes


def test_the_age_is_the_year_of_the_study_less_that_of_the_birth(padchest: Path) -> None:
    first = row(padchest, "a1.png")
    assert (first["age_years"], first["sex"], first["view"]) == (65.0, "F", "PA")
    assert (first["patient_id"], first["study_id"]) == ("p1", "s1")


def test_projections_become_views(padchest: Path) -> None:
    assert row(padchest, "a2.png")["view"] == "LATERAL"
    assert row(padchest, "b1.png")["view"] == "AP"


def test_images_lie_in_their_folder_or_all_in_one(padchest: Path) -> None:
    assert row(padchest, "b1.png")["path"] == "1/b1.png"
    for image in (padchest / "1").iterdir():
        image.rename(padchest / image.name)
    (padchest / "1").rmdir()
    assert row(padchest, "b1.png")["path"] == "b1.png"


def test_all_images_of_a_patient_are_on_one_side(padchest: Path) -> None:
    manifest = index(IndexRequest(padchest)).manifest
    sides = manifest.select("patient_id", "split").unique()
    assert sides.height == manifest["patient_id"].n_unique() == 5
    assert set(index(IndexRequest(padchest, split="test")).manifest["split"]) == {"test"}


def test_an_impossible_age_is_unknown_and_said(padchest: Path) -> None:
    replace(padchest, PADCHEST, ",1990,", ",1850,")
    assert row(padchest, "c1.png")["age_years"] is None
    notes = index(IndexRequest(padchest)).notes
    assert "1 ages below 0 or over 120 years were set to unknown." in notes


def _cell(old: str, new: str) -> Callable[[Path], None]:
    return partial(replace, file=PADCHEST, old=old, new=new)


def _link_outside(root: Path) -> None:
    outside = root.parent / "outside.png"
    (root / "0/a1.png").rename(outside)
    (root / "0/a1.png").symlink_to(outside)


def _link_loop(root: Path) -> None:
    (root / "0/a1.png").unlink()
    (root / "0/a1.png").symlink_to(root / "0/a1.png")


def _only_excluded(root: Path) -> None:
    table = root / PADCHEST
    header, *rows = table.read_text().splitlines()
    (excluded,) = [row for row in rows if ",EXCLUDE," in row]
    table.write_text(f"{header}\n{excluded}\n")


BAD_INPUT: dict[str, tuple[Callable[[Path], object], str]] = {
    "column missing": (_cell("Projection", "Proj"), "column Projection is missing"),
    "labels are no list": (_cell("['normal']", "normal"), "row 6: Labels 'normal' is no list"),
    "labels are code": (_cell("['normal']", "__import__('os')"), "row 6: Labels .* is no list"),
    "labels never end": (_cell("['normal']", "['normal'"), "row 6: Labels .* is no list"),
    "labels are a set of lists": (_cell("['normal']", "{['normal']}"), "row 6: Labels .* no list"),
    "labels are nested too deeply": (
        _cell("['normal']", "[" * 9999),
        "row 6: Labels .* is no list",
    ),
    "no image is used": (_only_excluded, "no image is left of its tables. .*left out"),
    "unknown view": (_cell(",L,", ",OBLIQUE,"), "row 3: unknown view 'OBLIQUE'"),
    "unknown sex": (_cell(",O,", ",X,"), "row 6: unknown sex 'X'"),
    "birth in words": (_cell(",1990,", ",young,"), "row 6: birth 'young' and study '20150312'"),
    "date in words": (_cell("20150312", "March"), "row 2: birth '1950' and study 'March'"),
    "image given twice": (_cell("a2.png", "a1.png"), "rows 2, 3: ImageID 'a1.png'"),
    "image blank": (_cell("a1.png", ""), "row 2: ImageID is blank"),
    "patient blank": (_cell(",p1,", ",,"), "row 2: PatientID is blank"),
    "study blank": (_cell(",s1,", ",,"), "row 2: StudyID is blank"),
    "image missing": (lambda root: (root / "0/a1.png").unlink(), "row 2: image 0/a1.png there is"),
    "traversal": (_cell("a1.png", "../../etc/a1.png"), "row 2: image .* lies outside"),
    "link out of the folder": (_link_outside, "row 2: image 0/a1.png lies outside"),
    "link in a loop": (_link_loop, "row 2: image 0/a1.png cannot be read"),
    "null byte": (_cell("a1.png", "a\0.png"), "row 2: holds a NUL byte"),
    "no table": (lambda root: (root / PADCHEST).unlink(), "there is no such file"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(padchest: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(padchest)
    with pytest.raises(DataError, match=sentence) as caught:
        index(IndexRequest(padchest))
    assert str(padchest) in caught.value.problems[0]


def test_an_unknown_split_is_answered_with_the_known_ones(padchest: Path) -> None:
    with pytest.raises(ConfigError, match="Known split policies: by-patient, test"):
        index(IndexRequest(padchest, split="official"))
