"""A trained run's probabilities for every image of a data set."""

import polars as pl

from core.findings import FINDINGS
from core.progress import Progress, silent
from core.store.data import DataStore
from core.store.results import ResultStore
from core.tables import PREDICTIONS
from core.training.device import reproducible
from core.training.trained import read_head, trained_features


def run(
    run_id: str,
    dataset_name: str,
    data: DataStore,
    results: ResultStore,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Predict all images of a data set, of every split, and store the probabilities.

    Returns:
        The predictions (`tables.PREDICTIONS`); null for findings that were not trained.

    Raises:
        ConfigError: If the run is not done or the data set is not indexed.
        DataError: If the image cache, or what the run wrote, is missing or damaged.
    """
    record = results.trained(run_id)
    dataset = data.dataset(dataset_name)
    with reproducible(record.spec.num_threads):
        features = trained_features(record, dataset, data, results, progress)
        scores = read_head(results, record).probabilities(features)
    columns = {finding: scores[:, k] for k, finding in enumerate(FINDINGS)}
    frame = pl.DataFrame({"image_id": dataset.manifest["image_id"]} | columns)
    frame = frame.with_columns(pl.col(FINDINGS).fill_nan(None))
    results.write(run_id, PREDICTIONS, frame, dataset_name)
    return frame
