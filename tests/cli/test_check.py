"""`cxr data check`: its exit codes, its JSON, and training on what it leaves."""

import json
from pathlib import Path

import pytest

from core.store import DataStore
from tests.fixtures.pipeline import Cxr
from tests.fixtures.releases import Release, write_release


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, str]:
    return ("--data", str(tmp_path / "data"))


def test_a_clean_data_set_ends_with_0_and_its_warnings(
    cxr: Cxr, release: Release, data: tuple[str, str]
) -> None:
    assert cxr("data", "index", "chestxray14", "--root", release.root, *data).exit_code == 0
    outcome = cxr("data", "check", "chestxray14", *data)
    assert outcome.exit_code == 0, outcome.err
    assert "chestxray14: warning: " in outcome.out
    assert outcome.out.endswith("Nothing breaks the protocol.\n")


def test_what_breaks_the_protocol_ends_with_3(
    cxr: Cxr, release: Release, data: tuple[str, str]
) -> None:
    for name in ("one", "two"):
        cxr("data", "index", "chestxray14", "--name", name, "--root", release.root, *data)
    outcome = cxr("data", "check", "one", "two", *data)
    assert outcome.exit_code == 3
    assert "one + two: breach: 18 images of target 'two' are byte for byte" in outcome.out
    assert "break the protocol." in outcome.out


def test_json_stands_alone_on_stdout(cxr: Cxr, release: Release, data: tuple[str, str]) -> None:
    cxr("data", "index", "chestxray14", "--root", release.root, *data)
    outcome = cxr("data", "check", "chestxray14", "--json", *data)
    report = json.loads(outcome.out)
    assert report["breaks_protocol"] is False
    assert report["set_aside"] == {"chestxray14": []}
    counts = {(row["split"], row["finding"]): row for row in report["counts"]["chestxray14"]}
    assert counts["test", "Effusion"]["n_positive_patients"] == 1
    kinds = {each["check"] for each in report["observations"]["chestxray14"]}
    assert {"counts", "patients", "files"} <= kinds


def test_a_name_that_is_not_indexed_ends_with_3(cxr: Cxr, data: tuple[str, str]) -> None:
    outcome = cxr("data", "check", "nobody", *data)
    assert outcome.exit_code == 3
    assert "Unknown data set 'nobody'" in outcome.err


def test_a_run_trains_on_what_quarantine_leaves(
    cxr: Cxr, tmp_path: Path, data: tuple[str, str]
) -> None:
    release = write_release(tmp_path / "nih")
    cxr("data", "index", "chestxray14", "--root", release.root, *data)
    train_images = DataStore(Path(data[1])).dataset("chestxray14").manifest.filter(split="train")
    damaged, copied = train_images["image_id"][0], train_images["image_id"][5]
    file = release.image(damaged)
    file.write_bytes(file.read_bytes()[:1000])
    release.image(copied).write_bytes(release.image("00000040_000.png").read_bytes())
    train = ("train", "--backbone", "efficientnet_lite0", "--weights", "offline", "--size", 64)
    train = (*train, "--source", "chestxray14", "--num-threads", 1)
    results = ("--results", tmp_path / "results")
    assert cxr(*train, *data, *results).exit_code == 3
    assert cxr("data", "check", "chestxray14", *data).exit_code == 3
    outcome = cxr("data", "check", "chestxray14", "--quarantine", *data)
    assert outcome.exit_code == 0, outcome.out
    assert "set aside and used by no stage: 2." in outcome.out
    outcome = cxr(*train, *data, *results)
    assert outcome.exit_code == 0, outcome.err
