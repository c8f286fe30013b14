"""Which tables belong to a run, and so go with it into a bundle and out of the store."""

from core.store.results import PER_DATASET, PER_RUN
from core.tables import (
    BOXES,
    COMPOSITES,
    IMAGES,
    MANIFEST,
    MATCHINGS,
    OVERLAY,
    PUBLISHED,
    QUARANTINE,
    TABLES,
    THUMBNAILS,
)

OF_NO_RUN = (MANIFEST, BOXES, IMAGES, THUMBNAILS, QUARANTINE, COMPOSITES, OVERLAY, PUBLISHED)


def test_every_table_is_of_a_run_of_a_run_on_a_data_set_or_of_no_run() -> None:
    names = [table.name for table in (*PER_RUN, *PER_DATASET, *OF_NO_RUN)]
    assert sorted(names) == sorted(TABLES)


def test_the_reach_of_matchings_belongs_to_the_run() -> None:
    assert MATCHINGS in PER_RUN
