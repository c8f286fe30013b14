"""Reference rows against their closed forms and scikit-learn, and on the real label table."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import ProtocolError
from core.findings import FINDINGS, Finding
from core.metrics.evaluate import evaluate
from core.metrics.thresholds import choose_thresholds
from core.protocol.reference import REFERENCES, metadata
from core.roles import NOT_SCORED, SourceTrain, Split, Target
from core.tables import MANIFEST

OLD_HAVE_IT = 2
NEVER_LABELLED, ONE_CLASS = 5, 7


@pytest.fixture
def manifest() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    ages = rng.integers(20, 90, 400).astype(float)
    rows = {
        "image_id": [str(k) for k in range(400)],
        "view": rng.choice(["PA", "AP", "UNKNOWN"], 400).tolist(),
        "sex": [("F", "M", None)[k] for k in rng.integers(3, size=400)],
        "age_years": [None if k % 50 == 0 else age for k, age in enumerate(ages)],
    }
    return pl.DataFrame(rows, {name: MANIFEST.schema[name] for name in rows})


@pytest.fixture
def train(manifest: pl.DataFrame) -> SourceTrain:
    rng = np.random.default_rng(1)
    labels = (rng.random((400, 14)) < 0.3).astype(np.int8)
    age = manifest["age_years"].fill_null(50).to_numpy()
    labels[:, OLD_HAVE_IT] = age + rng.normal(0, 15, 400) > 65
    labels[:, NEVER_LABELLED] = NOT_SCORED
    labels[:, ONE_CLASS] = 0
    labels[:100, 0] = NOT_SCORED
    ids = np.array([str(k) for k in range(400)])
    return SourceTrain("home", Split.TRAIN, ids, ids, metadata(manifest), labels, source="home")


@pytest.mark.parametrize("name", REFERENCES)
def test_every_row_predicts_each_image_with_probabilities(name: str, train: SourceTrain) -> None:
    row = REFERENCES[name]
    scores = row.predict(train if row.needs_source else None, train.values)
    assert row.name == name
    assert scores.shape == (400, 14)
    known = scores[~np.isnan(scores)]
    assert ((known >= 0) & (known <= 1)).all()


def test_a_constant_is_the_prevalence_of_source_train(train: SourceTrain) -> None:
    scores = REFERENCES["best-constant"].predict(train, train.values[:3])
    assert scores[:, 0] == pytest.approx((train.labels[100:, 0] == 1).mean())
    assert np.isnan(scores[:, [NEVER_LABELLED, ONE_CLASS]]).all()


def test_metadata_find_what_goes_with_age_and_nothing_else(train: SourceTrain) -> None:
    scores = REFERENCES["metadata-only"].predict(train, train.values)
    old = roc_auc_score(train.labels[:, OLD_HAVE_IT], scores[:, OLD_HAVE_IT])
    mass = FINDINGS.index(Finding.MASS)
    assert old > 0.85
    assert roc_auc_score(train.labels[:, mass], scores[:, mass]) < 0.65
    assert np.isnan(scores[:, [NEVER_LABELLED, ONE_CLASS]]).all()


def test_a_view_that_training_never_saw_is_predicted_too(
    train: SourceTrain, manifest: pl.DataFrame
) -> None:
    lateral = metadata(manifest.head(2).with_columns(view=pl.lit("LATERAL")))
    assert np.isfinite(REFERENCES["metadata-only"].predict(train, lateral)[:, 0]).all()


@pytest.mark.parametrize("name", [name for name, row in REFERENCES.items() if row.needs_source])
def test_nothing_is_fitted_on_a_target(name: str, train: SourceTrain) -> None:
    fields = {key: value for key, value in vars(train).items() if key != "source"}
    target = Target(**fields)
    with pytest.raises(ProtocolError, match="source train data only"):
        REFERENCES[name].predict(target, train.values)  # pyright: ignore[reportArgumentType]


@pytest.mark.real
def test_on_all_real_labels_everything_positive_has_the_known_f1_and_chance_map(
    real_data: Path,
) -> None:
    path = real_data / "nih_metadata" / "Data_Entry_2017_v2020.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    named = [set(row["Finding Labels"].split("|")) for row in rows]
    labels = np.array([[finding in each for finding in FINDINGS] for each in named], np.int8)
    patients = np.array([row["Patient ID"] for row in rows])
    scores = REFERENCES["all-positive"].predict(None, np.zeros((len(rows), 3)))
    thresholds = {"fixed-0.5": choose_thresholds("fixed-0.5")}
    values = {
        (row.finding, row.metric): row.value
        for row in evaluate(scores, labels, patients, thresholds, 0, 0)
    }
    assert len(rows) == 112_120
    assert values["macro", "f1"] == pytest.approx(0.0947, abs=5e-5)
    assert values["macro", "average_precision"] == pytest.approx(0.0517, abs=5e-5)
    assert values["macro", "auroc"] == 0.5
