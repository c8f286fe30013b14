"""`cxr train`: its options become the specification, and what cannot be meant is one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.store import DataStore
from tests.fixtures.phantom_hospitals import SOURCE
from tests.fixtures.pipeline import Cxr
from tests.fixtures.training import add_source, add_tiny_backbones

TRAIN = ("train", "--source", SOURCE, "--weights", "random", "--size", 32, "--epochs", 2)


@pytest.fixture(autouse=True)
def tiny_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_tiny_backbones(monkeypatch)
    add_source(DataStore(tmp_path / "data"))
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path / "results"))


def trained(cxr: Cxr, *arguments: object) -> dict[str, Any]:
    done = cxr(*TRAIN, "--json", *arguments)
    assert done.exit_code == 0, done.err
    return json.loads(done.out)


def test_every_option_of_the_stages_reaches_the_specification(cxr: Cxr) -> None:
    tuning = ("--tune-epochs", 2, "--tune-batch-size", 12, "--tune-rate", 0.001)
    tuning += ("--tune-weight-decay", 0.01, "--warmup-epochs", 0, "--clip-norm", 2)
    tuning += ("--one-image-a-patient", "--batch-norm", "eval", "--tune-precision", "bf16")
    views = ("--rotation", 5, "--shift", 0.1, "--min-crop-scale", 0.9, "--exposure", 0.1)
    views += ("--noise", 0.01, "--num-views", 3)
    contrast = ("--temperature", 0.2, "--positives", "jaccard", "--no-finding", "class")
    linear = ("--rate", 0.01, "--rate", 0.1, "--weight-decay", 0, "--weight-decay", 0.1)
    model = ("--backbone", "test_vit", "--loss", "supcon", "--tune", "last", "--projection", 16)
    spec = trained(cxr, *model, *tuning, *views, *contrast, *linear)["spec"]
    assert spec["tuning"] == {
        "epochs": 2,
        "batch_size": 12,
        "learning_rate": 0.001,
        "weight_decay": 0.01,
        "warmup_epochs": 0,
        "clip_norm": 2,
        "accumulate": 1,
        "one_image_a_patient": True,
        "num_views": 3,
        "batch_norm": "eval",
        "precision": "bf16",
        "augment": {
            "rotation_degrees": 5,
            "shift": 0.1,
            "min_crop_scale": 0.9,
            "exposure": 0.1,
            "noise": 0.01,
        },
    }
    assert spec["contrastive"] == {
        "temperature": 0.2,
        "positives": "jaccard",
        "no_finding": "class",
        "projection": 16,
    }
    assert spec["learning_rates"] == [0.01, 0.1]
    assert spec["weight_decays"] == [0, 0.1]
    assert spec["tune"] == "last"


def test_a_run_says_what_was_trained(cxr: Cxr) -> None:
    tuned = ("--backbone", "test_resnet", "--tune", "full", "--tune-epochs", 1)
    done = cxr(*TRAIN, *tuned, "--loss", "focal", "--accumulate", 2)
    assert done.exit_code == 0
    assert "Focal · tuned on test_resnet, weights random" in done.err


def test_a_measured_precision_is_recorded(cxr: Cxr) -> None:
    record = trained(cxr, "--backbone", "test_vit", "--precision", "auto")
    assert record["spec"]["precision"] == "auto"
    assert record["forward"]["precision"] in ("fp32", "bf16")
    assert record["forward"]["images_per_second"] > 0


def test_convergence_is_told_and_logged(cxr: Cxr, tmp_path: Path) -> None:
    brief = ("--backbone", "test_vit", "--rate", 1e-3)
    told = trained(cxr, *brief, "--check-convergence")
    checked = told.pop("convergence")
    worst = checked["findings"][checked["worst"]]
    assert checked["converged"] is False
    assert worst["share"] == max(each["share"] for each in checked["findings"].values()) > 0.01
    assert set(checked["findings"]) == set(told["trained_findings"])
    (log,) = tmp_path.glob("results/runs/*/log.jsonl")
    logged = json.loads(log.read_text().splitlines()[-1])
    assert {name: logged[name] for name in checked} == checked
    done = cxr(*TRAIN, *brief, "--check-convergence")
    assert f"({checked['worst']}); tolerance 1% of each finding's loss: not converged." in done.err
    assert trained(cxr, *brief) == told, "the record is as it was"


def test_a_resample_is_another_run(cxr: Cxr) -> None:
    records = [trained(cxr, "--backbone", "test_vit", *more) for more in ((), ("--resample", 0))]
    assert records[0]["hashes"]["features"] == records[1]["hashes"]["features"]
    assert records[0]["hashes"]["head"] != records[1]["hashes"]["head"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--tune-epochs", 3), "epochs cannot be used: nothing is tuned"),
        (("--temperature", 1), "temperature cannot be used: the loss is not contrastive"),
        (("--loss", "supcon", "--accumulate", 2), "accumulate is for losses without pairs"),
        (("--tune", "full", "--resample", 1), "resample is for heads on a frozen backbone"),
        (("--tune", "full", "--tune-rate", -1), "options: tuning: learning_rate: Input should"),
        (("--loss", "supcom"), "Did you mean 'supcon'?"),
        (("--tune", "full", "--rotation", 90), "options: tuning: augment.rotation_degrees: Input"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    cxr: Cxr, arguments: tuple[object, ...], sentence: str
) -> None:
    done = cxr(*TRAIN, "--backbone", "test_vit", *arguments)
    assert (done.exit_code, done.out) == (3, "")
    assert sentence in done.err
    assert "Traceback" not in done.err
