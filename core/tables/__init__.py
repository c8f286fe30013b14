"""The schema and value rules of every parquet table, in one place."""

from collections.abc import Mapping

from core.tables.annotations import COMPOSITES, OVERLAY
from core.tables.attention import AGREEMENT, DEFAULT_METHOD, LOCALISATION, POOLED, REGIONS, SANITY
from core.tables.data import (
    BOXES,
    IMAGES,
    MANIFEST,
    MAX_AGE_YEARS,
    QUARANTINE,
    SEXES,
    SPLITS,
    THUMBNAILS,
    VIEWS,
)
from core.tables.published import PUBLISHED
from core.tables.results import (
    CURVES,
    HEATMAPS,
    MATCHINGS,
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
        THUMBNAILS,
        QUARANTINE,
        COMPOSITES,
        OVERLAY,
        PREDICTIONS,
        METRICS,
        REPLICATES,
        THRESHOLDS,
        MATCHINGS,
        HEATMAPS,
        CURVES,
        PUBLISHED,
        LOCALISATION,
        REGIONS,
        AGREEMENT,
        SANITY,
    )
}

__all__ = [
    "AGREEMENT",
    "BOXES",
    "COMPOSITES",
    "CURVES",
    "DEFAULT_METHOD",
    "HEATMAPS",
    "IMAGES",
    "LOCALISATION",
    "MANIFEST",
    "MATCHINGS",
    "MAX_AGE_YEARS",
    "METRICS",
    "OVERLAY",
    "POOLED",
    "PREDICTIONS",
    "PUBLISHED",
    "QUARANTINE",
    "REGIONS",
    "REPLICATES",
    "SANITY",
    "SCHEMA_VERSION",
    "SEXES",
    "SPLITS",
    "TABLES",
    "TARGET_USES",
    "THRESHOLDS",
    "THUMBNAILS",
    "VIEWS",
    "Table",
]
