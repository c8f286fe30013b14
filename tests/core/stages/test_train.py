"""Every way of training through the stage: frozen, tuned, adapted, together."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open

from core.errors import DataError
from core.records import TUNING_MARK, RunRecord, RunStatus, TuningMark
from core.specs import RunSpec
from core.stages import predict, train
from core.store import DataStore, ResultStore
from core.tables import CURVES
from core.training import features as features_module
from core.training import recorded
from core.training.trained import read_head, trained_classifier, trained_features
from tests.fixtures.phantom_hospitals import SOURCE
from tests.fixtures.training import IMAGE
from tests.fixtures.training_ways import WAYS, spec_of

pytestmark = pytest.mark.usefixtures("tiny_backbones")


@pytest.fixture
def data(training_data: DataStore) -> DataStore:
    return training_data


@pytest.fixture
def results(undisturbed_results: ResultStore) -> ResultStore:
    return undisturbed_results


@pytest.fixture(params=WAYS)
def trained(request: pytest.FixtureRequest, data: DataStore, results: ResultStore) -> RunRecord:
    return train.run(spec_of(request.param), data, results)


def test_every_way_ends_in_a_record_that_says_what_was_made(
    trained: RunRecord, results: ResultStore
) -> None:
    made = {"manifest", "images", "features", "head"}
    if trained.spec.tuning is not None:
        made.add("adapter" if trained.spec.tune == "none" else "backbone")
    assert trained.status == RunStatus.DONE
    assert set(trained.hashes) == made
    assert results.record(trained.run_id) == trained
    assert trained.restricted
    assert not results.checkpoint_path(trained.run_id).exists()


def test_predictions_are_those_of_the_whole_classifier(
    trained: RunRecord, data: DataStore, results: ResultStore
) -> None:
    """What `predict` does from stored features, backbone → adapter → head does from pixels."""
    frame = predict.run(trained.run_id, SOURCE, data, results)
    model = trained_classifier(results, trained)
    pixels = data.images(data.dataset(SOURCE), IMAGE).pixels
    with torch.inference_mode():
        expected = model(torch.from_numpy(np.array(pixels[:16]))).sigmoid().numpy()
    found = frame.drop("image_id").to_numpy()[:16]
    tolerance = 0.02 if trained.spec.precision == "bf16" else 1e-4
    assert np.nanmax(np.abs(found - expected)) < tolerance
    assert model.adapter is None or trained.spec.tune == "none"


def test_curves_hold_both_stages(trained: RunRecord, results: ResultStore) -> None:
    curves = results.read(trained.run_id, CURVES)
    epochs = dict(curves.group_by("stage").agg(pl.col("epoch").max()).iter_rows())
    tuned = curves.filter(pl.col("stage") != "head")
    contrastive = trained.spec.contrastive is not None
    stage = {"contrastive": 2} if contrastive else {"tuning": 2}
    assert epochs == {"head": 3} | (stage if trained.spec.tuning else {})
    assert tuned["selected"].to_list() == ([False, True] if trained.spec.tuning else [])
    assert tuned["train_loss"].is_finite().all()
    assert tuned["images_per_second"].null_count() == 0
    assert tuned["val_auroc"].null_count() == (tuned.height if contrastive else 0)


def test_the_log_has_one_event_a_line(trained: RunRecord, results: ResultStore) -> None:
    lines = (results.folder(trained.run_id) / "log.jsonl").read_text().splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events[0] == "running"
    assert events[-1] == "done"
    assert events.count("epoch") == (2 if trained.spec.tuning else 0)


def test_a_run_that_is_done_is_not_trained_again(
    trained: RunRecord, data: DataStore, results: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(recorded, "represent", refuse)
    assert train.run(trained.spec, data, results) == trained


def test_the_same_specification_elsewhere_gives_the_same_bits(
    trained: RunRecord, data: DataStore, tmp_path: Path
) -> None:
    again = train.run(trained.spec, data, ResultStore(tmp_path))
    assert again.hashes == trained.hashes
    assert again.selected == trained.selected


def test_tuned_weights_that_were_exchanged_are_refused(data: DataStore, tmp_path: Path) -> None:
    results = ResultStore(tmp_path)
    ours = train.run(spec_of("tuned"), data, results)
    other = train.run(spec_of("tuned", seed=1), data, results)
    adapted = train.run(spec_of("adapter"), data, results)
    for path, record in (
        (results.backbone_path(ours.run_id), ours),
        (results.adapter_path(adapted.run_id), adapted),
    ):
        whole = path.read_bytes()
        for wrong in (whole[:100], results.backbone_path(other.run_id).read_bytes()):
            path.write_bytes(wrong)
            with pytest.raises(DataError, match="train the run anew"):
                trained_classifier(results, record)


def test_tuned_weights_say_whose_images_they_saw(data: DataStore, results: ResultStore) -> None:
    record = train.run(spec_of("tuned"), data, results)
    with safe_open(results.backbone_path(record.run_id), "np") as file:
        (mark,) = file.metadata().values()
    told = TuningMark.model_validate_json(mark)
    assert told.run_id == record.run_id
    assert [(each.name, each.restricted) for each in told.trained_on] == [(SOURCE, True)]


def test_a_run_on_tuned_weights_inherits_what_trained_them(
    data: DataStore, results: ResultStore
) -> None:
    tuned = train.run(spec_of("tuned"), data, results)
    weights = str(results.backbone_path(tuned.run_id))
    again = train.run(spec_of("tuned").model_copy(update={"weights": weights}), data, results)
    assert again.weights is not None
    assert [each.name for each in again.weights.trained_on] == [SOURCE]
    elsewhere = {SOURCE: again.datasets[SOURCE].model_copy(update={"restricted": False})}
    assert again.model_copy(update={"datasets": elsewhere}).restricted
    assert tuned.weights is not None
    assert again.ranked == tuned.ranked
    with safe_open(results.backbone_path(again.run_id), "np") as file:
        told = TuningMark.model_validate_json(file.metadata()[TUNING_MARK])
    assert [each.name for each in told.trained_on] == [SOURCE, SOURCE]


def test_a_record_of_an_earlier_version_is_one_sentence(
    data: DataStore, results: ResultStore
) -> None:
    record = train.run(spec_of("frozen"), data, results)
    older = record.model_copy(update={"forward": None})
    with pytest.raises(DataError, match="trained by an earlier version of cxr"):
        trained_features(older, data.dataset(SOURCE), data, results)


def test_runs_that_share_features_are_trained_together_as_if_alone(
    data: DataStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [
        spec_of("frozen"),
        spec_of("frozen", loss="focal"),
        spec_of("frozen", loss="asymmetric", epochs=2, resample=1),
        spec_of("tuned"),
    ]
    alone = [train.run(spec, data, ResultStore(tmp_path / "alone")) for spec in specs]
    counted: list[str] = []
    extract = features_module.extract

    def count(*given: Any) -> NDArray[np.float32]:  # noqa: ANN401
        counted.append("pass")
        return extract(*given)

    monkeypatch.setattr(features_module, "extract", count)
    empty = _without_features(data, tmp_path / "copy")
    results = ResultStore(tmp_path / "together")
    together = train.run_together(specs, empty, results)
    assert [record.run_id for record in together] == [spec.run_id for spec in specs]
    assert len(counted) == 2, "one pass for the frozen three, one for the tuned backbone"
    for ours, theirs in zip(together, alone, strict=True):
        assert results.record(ours.run_id) == ours
        assert ours.selected == pytest.approx(theirs.selected, rel=1e-4)
        assert ours.hashes["features"] == theirs.hashes["features"]
        features = trained_features(ours, empty.dataset(SOURCE), empty, results)
        head = read_head(results, ours)
        expected = read_head(ResultStore(tmp_path / "alone"), theirs)
        gap = np.abs(head.probabilities(features) - expected.probabilities(features))
        assert np.nanmax(gap) < 1e-4


def _without_features(data: DataStore, folder: Path) -> DataStore:
    shutil.copytree(data.root, folder, ignore=shutil.ignore_patterns("features"))
    return DataStore(folder)


def test_one_failure_does_not_harm_the_others(data: DataStore, tmp_path: Path) -> None:
    specs = [
        spec_of("frozen"),
        spec_of("frozen", learning_rates=(1e38,)),
        spec_of("frozen").model_copy(update={"backbone": "nowhere"}),
    ]
    results = ResultStore(tmp_path)
    records = train.run_together(specs, data, results)
    assert records[0].status == RunStatus.DONE
    assert "not finite after epoch" in str(results.record(specs[1].run_id).error)
    assert "not finite after epoch" in str(records[1].error)
    assert records[2].status == RunStatus.FAILED
    assert "Unknown backbone 'nowhere'" in str(records[2].error)


def test_a_run_that_fails_alone_is_tried_once_and_its_traceback_is_kept(
    data: DataStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def fail(specs: list[RunSpec], *rest: object) -> list[RunRecord]:
        tried.append(specs[0].run_id)
        raise TypeError("no such thing")

    monkeypatch.setattr(train, "train_recorded", fail)
    results = ResultStore(tmp_path)
    (record,) = train.run_together([spec_of("frozen")], data, results)
    assert record.status == RunStatus.FAILED
    assert tried == [record.run_id]
    assert "TypeError: no such thing" in (results.folder(record.run_id) / "log.jsonl").read_text(
        "utf-8"
    )


def test_weights_are_found_from_another_folder(
    data: DataStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = ResultStore(tmp_path / "results")
    tuned = train.run(spec_of("tuned"), data, results)
    shutil.copy(results.backbone_path(tuned.run_id), tmp_path / "own.safetensors")
    monkeypatch.chdir(tmp_path)
    spec = spec_of("frozen").model_copy(update={"weights": "own.safetensors"})
    record = train.run(spec, data, results)
    monkeypatch.chdir("/")
    assert trained_classifier(results, record) is not None
