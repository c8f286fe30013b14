"""The schema and value rules of every parquet table, in one place."""

from collections.abc import Mapping

from core.tables.data import (
    BOXES,
    IMAGES,
    MANIFEST,
    MAX_AGE_YEARS,
    QUARANTINE,
    SEXES,
    SPLITS,
    VIEWS,
)
from core.tables.results import (
    CURVES,
    HEATMAPS,
    METRICS,
    PREDICTIONS,
    REPLICATES,
    TARGET_USES,
    THRESHOLDS,
)
from core.tables.table import SCHEMA_VERSION, Table

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        MANIFEST,
        BOXES,
        IMAGES,
        QUARANTINE,
        PREDICTIONS,
        METRICS,
        REPLICATES,
        THRESHOLDS,
        HEATMAPS,
        CURVES,
    )
}

__all__ = [
    "BOXES",
    "CURVES",
    "HEATMAPS",
    "IMAGES",
    "MANIFEST",
    "MAX_AGE_YEARS",
    "METRICS",
    "PREDICTIONS",
    "QUARANTINE",
    "REPLICATES",
    "SCHEMA_VERSION",
    "SEXES",
    "SPLITS",
    "TABLES",
    "TARGET_USES",
    "THRESHOLDS",
    "VIEWS",
    "Table",
]
