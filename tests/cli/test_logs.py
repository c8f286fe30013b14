"""What a run says of itself names no patient and no image: logs travel where data may not."""

import re
from pathlib import Path

import pytest

from tests.fixtures.pipeline import Cxr
from tests.fixtures.releases import write_release, write_table_dataset

PATIENT, IMAGE = "mallory", "wednesday"
TEXTS = (".json", ".jsonl", ".txt", ".toml", ".md", ".log", ".csv")


@pytest.fixture
def hospital(tmp_path: Path) -> Path:
    """A hospital whose patients and images have names that nothing else has."""
    root = write_table_dataset(tmp_path / "hospital", num_images=60)
    head, *rows = (root / "labels.csv").read_text("utf-8").splitlines()
    renamed = [head]
    for row in rows:
        image, patient, *rest = row.split(",")
        path = root / image
        name = f"{IMAGE}-{path.name}"
        path.rename(path.with_name(name))
        renamed.append(",".join((str(Path(image).with_name(name)), f"{PATIENT}-{patient}", *rest)))
    (root / "labels.csv").write_text("\n".join(renamed) + "\n", "utf-8")
    return root


def test_no_log_record_or_output_names_a_patient_or_an_image(
    tmp_path: Path, hospital: Path, cxr: Cxr
) -> None:
    places = ("--data", tmp_path / "data", "--results", tmp_path / "results")
    table = ("table", "--name", "ours", "--root", hospital, "--labels", "labels.csv")
    split = ("--split", "by-patient")
    release = ("chestxray14", "--root", write_release(tmp_path / "release").root)
    model = ("--backbone", "efficientnet_lite0", "--weights", "offline", "--size", 64)
    said: list[str] = []
    for command in (
        ("data", "index", *table, *split, *places[:2]),
        ("data", "index", *release, *places[:2]),
        ("data", "cache", "ours", "--size", 64, *places[:2]),
        ("train", *model, "--source", "ours", "--num-threads", 1, *places),
        ("eval", "--all", "--target", "chestxray14", "--num-resamples", 20, *places),
        ("explain", "--all", "--dataset", "ours", "--limit", 4, *places),
        ("data", "show", "ours", *places[:2]),
        ("runs", "list", *places[2:]),
        ("doctor", *places),
    ):
        outcome = cxr(*command)
        assert outcome.exit_code == 0, outcome
        said += [outcome.out, outcome.err]

    audit = cxr("data", "check", "ours", "chestxray14", *places[:2])  # names images that are alike
    assert PATIENT not in audit.out + audit.err

    texts = [path for path in tmp_path.rglob("*") if path.suffix in TEXTS and path.is_file()]
    written = [path for path in texts if not path.is_relative_to(hospital)]
    assert {"log.jsonl", "run.json"} <= {path.name for path in written}
    for told in (*said, *(path.read_text("utf-8") for path in written)):
        assert not re.search(f"{PATIENT}|{IMAGE}", told)
