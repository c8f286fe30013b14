from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from core.datasets.openi import index
from core.datasets.request import IndexRequest
from core.errors import DataError
from core.findings import FINDINGS
from core.tables import MANIFEST
from tests.fixtures.foreign_releases import replace, write_openi

REPORTS, PROJECTIONS = "indiana_reports.csv", "indiana_projections.csv"


@pytest.fixture
def openi(tmp_path: Path) -> Path:
    return write_openi(tmp_path / "openi")


def rows(root: Path, uid: str) -> list[dict[str, object]]:
    manifest = MANIFEST.checked(index(IndexRequest(root)).manifest, "manifest")
    return list(manifest.filter(study_id=uid).iter_rows(named=True))


def present(root: Path, uid: str) -> list[str]:
    first = rows(root, uid)[0]
    return [finding for finding in FINDINGS if first[finding] == 1]


def test_a_report_s_labels_go_to_all_its_images(openi: Path) -> None:
    frontal, lateral = rows(openi, "2")
    assert (frontal["Cardiomegaly"], lateral["Cardiomegaly"]) == (1, 1)
    assert (frontal["view"], lateral["view"]) == ("UNKNOWN", "LATERAL")
    assert frontal["path"] == "images/images_normalized/2_IM-0001-4001.dcm.png"


def test_a_heading_counts_with_its_qualifier(openi: Path) -> None:
    assert present(openi, "3") == ["Hernia", "Pleural_Thickening"]


def test_a_calcified_granuloma_is_no_nodule_and_thick_bronchi_are_no_thick_pleura(
    openi: Path,
) -> None:
    assert present(openi, "4") == []


@pytest.mark.parametrize(
    ("term", "findings"),
    [
        ("Nodule/lung/upper lobe/right", ["Nodule"]),
        ("Pulmonary Atelectasis/base/left; Pleural Effusion/small", ["Atelectasis", "Effusion"]),
        ("Subcutaneous Emphysema", []),
        ("Granulomatous Disease;Nodules", []),
        ("Hydropneumothorax/left", ["Effusion", "Pneumothorax"]),
    ],
)
def test_terms_are_compared_whole(openi: Path, term: str, findings: list[str]) -> None:
    replace(openi, REPORTS, '1,"normal"', f'1,"{term}"')
    assert present(openi, "1") == findings


def test_a_normal_report_has_no_finding_and_nothing_is_null(openi: Path) -> None:
    first = rows(openi, "1")[0]
    assert {first[finding] for finding in FINDINGS} == {0}


def test_reports_that_were_never_indexed_are_left_out_and_counted(openi: Path) -> None:
    tables = index(IndexRequest(openi))
    assert set(tables.manifest["study_id"]) == {"1", "2", "3", "4"}
    sentence = "2 images whose report has no terms, or was not indexed, were left out."
    assert sentence in tables.notes


def test_a_report_is_its_own_patient_on_one_side(openi: Path) -> None:
    manifest = index(IndexRequest(openi)).manifest
    assert manifest["patient_id"].equals(manifest["study_id"])
    assert manifest.select("patient_id", "split").unique().height == 4


def test_reports_without_an_image_are_counted(openi: Path) -> None:
    with (openi / REPORTS).open("a") as file:
        file.write('7,"normal","normal",,,,,\n')
    assert "1 reports have no image." in index(IndexRequest(openi)).notes


@pytest.mark.parametrize("folder", [".", "images", "images_normalized"])
def test_images_are_found_where_they_are_commonly_laid(openi: Path, folder: str) -> None:
    (openi / folder).mkdir(exist_ok=True)
    for image in (openi / "images/images_normalized").iterdir():
        image.rename(openi / folder / image.name)
    assert (openi / str(rows(openi, "1")[0]["path"])).is_file()


def _cell(file: str, old: str, new: str) -> Callable[[Path], None]:
    return partial(replace, file=file, old=old, new=new)


def _latin1(root: Path) -> None:
    (root / REPORTS).write_bytes((root / REPORTS).read_bytes().replace(b"Pain", b"D\xf3lor"))


BAD_INPUT: dict[str, tuple[Callable[[Path], object], str]] = {
    "column missing": (_cell(REPORTS, "MeSH", "Mesh"), f"{REPORTS}: column MeSH is missing"),
    "report given twice": (_cell(REPORTS, '2,"Card', '1,"Card'), "rows 2, 3: uid '1'"),
    "report blank": (_cell(REPORTS, '2,"Card', ',"Card'), "row 3: uid is blank"),
    "normal and ill": (
        _cell(REPORTS, '"normal"', '"normal;Cardiomegaly"'),
        "row 2: 'normal;Cardiomegaly' is normal and findings at once",
    ),
    "image given twice": (
        _cell(PROJECTIONS, "2,2_IM-0001", "2,1_IM-0001"),
        "rows 2, 3: filename '1_IM-0001-4001.dcm.png'",
    ),
    "image of no report": (_cell(PROJECTIONS, "3,3_IM", "33,3_IM"), "row 4: uid '33' has no repor"),
    "unknown view": (_cell(PROJECTIONS, "Frontal", "Oblique"), "row 2: unknown view 'Oblique'"),
    "view blank": (_cell(PROJECTIONS, "Frontal", ""), "row 2: unknown view None"),
    "not UTF-8": (_latin1, f"{REPORTS}, row .: byte 0x.. is not UTF-8"),
    "quoting never closed": (_cell(REPORTS, '"Pain', '""Pain'), f"{REPORTS}, row 2: its quotation"),
    "image missing": (
        lambda root: (root / "images/images_normalized/1_IM-0001-4001.dcm.png").unlink(),
        f"{PROJECTIONS}, row 2: image .* there is no such",
    ),
    "traversal": (_cell(PROJECTIONS, "1_IM", "../../1_IM"), "row 2: image .* lies outside"),
    "no reports": (lambda root: (root / REPORTS).unlink(), "there is no such file"),
}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_named_with_file_and_row(openi: Path, name: str) -> None:
    spoil, sentence = BAD_INPUT[name]
    spoil(openi)
    with pytest.raises(DataError, match=sentence) as caught:
        index(IndexRequest(openi))
    assert str(openi) in caught.value.problems[0]
