"""Reference rows: what anyone reaches without looking at an image (PROTOCOL section 3).

Shapes: N images, F = 14 findings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from core.findings import NUM_FINDINGS
from core.roles import NOT_SCORED, SourceTrain, require_role
from core.tables import SEXES, VIEWS

Metadata = NDArray[np.floating]
"""float [N, 3]: age in years (NaN where unknown), sex and view as numbers."""

Scores = NDArray[np.float32]
"""float32 [N, 14], probabilities; NaN for findings that source train cannot teach."""

_AGE, _SEX, _VIEW = range(3)


@dataclass(frozen=True)
class Reference:
    """One row of `REFERENCES`.

    Args:
        name: As tables say it.
        label: For people.
        needs_source: Whether anything is fitted on source train.
        predict: Scores of described images.
    """

    name: str
    label: str
    needs_source: bool
    predict: Callable[[SourceTrain | None, Metadata], Scores]


def metadata(manifest: pl.DataFrame) -> Metadata:
    """What a manifest tells of each image besides its labels."""
    codes = {
        "sex": pl.col("sex").replace_strict(SEXES, range(len(SEXES)), default=len(SEXES)),
        "view": pl.col("view").replace_strict(VIEWS, range(len(VIEWS))),
    }
    columns = manifest.select(pl.col("age_years").fill_null(float("nan")), **codes)
    return columns.cast(pl.Float64).to_numpy()


def _all_positive(train: SourceTrain | None, images: Metadata) -> Scores:
    del train
    return np.ones((len(images), NUM_FINDINGS), np.float32)


def _best_constant(train: SourceTrain | None, images: Metadata) -> Scores:
    """The prevalence of each finding in source train, for every image."""
    source = _source_train(train)
    positive = np.count_nonzero(source.labels == 1, axis=0)
    labelled = np.count_nonzero(source.labels != NOT_SCORED, axis=0)
    is_learnt = (positive > 0) & (positive < labelled)
    share = np.divide(positive, labelled, out=np.full(NUM_FINDINGS, np.nan), where=is_learnt)
    return np.tile(share.astype(np.float32), (len(images), 1))


def _metadata_only(train: SourceTrain | None, images: Metadata) -> Scores:
    """Logistic regression of each finding on age, sex and view."""
    source = _source_train(train)
    scores = np.full((len(images), NUM_FINDINGS), np.nan, np.float32)
    for column in range(NUM_FINDINGS):
        labels = source.labels[:, column]
        scored = labels != NOT_SCORED
        if len(np.unique(labels[scored])) == 2:
            model = _regression().fit(source.values[scored], labels[scored])
            scores[:, column] = model.predict_proba(images)[:, 1]
    return scores


def _source_train(train: SourceTrain | None) -> SourceTrain:
    assert train is not None, "rows that need a source are given one"
    return require_role(train, SourceTrain, "Fitting a reference row")


def _regression() -> Pipeline:
    age = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )
    described = ColumnTransformer(
        [("age", age, [_AGE]), ("kind", OneHotEncoder(handle_unknown="ignore"), [_SEX, _VIEW])]
    )
    return make_pipeline(described, LogisticRegression(max_iter=1000))


REFERENCES: Mapping[str, Reference] = {
    "all-positive": Reference(
        name="all-positive",
        label="all positive",
        needs_source=False,
        predict=_all_positive,
    ),
    "best-constant": Reference(
        name="best-constant",
        label="best constant",
        needs_source=True,
        predict=_best_constant,
    ),
    "metadata-only": Reference(
        name="metadata-only",
        label="metadata only (age, sex, view)",
        needs_source=True,
        predict=_metadata_only,
    ),
}
