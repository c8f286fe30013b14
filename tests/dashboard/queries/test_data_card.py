import polars as pl

from core.findings import FINDINGS
from core.tables import QUARANTINE
from dashboard.context import Context
from dashboard.queries.all_runs import all_runs
from dashboard.queries.data_card import data_card, known_datasets, samples
from dashboard.queries.reading import Runs
from dashboard.queries.scope import Scope
from dashboard.stores import Stores


def test_counts_are_those_of_the_manifest(phantom: Stores) -> None:
    manifest = phantom.data.dataset("chestxray14").manifest

    card = data_card(phantom, "chestxray14")

    for split in card.splits:
        part = manifest.filter(pl.col("split") == split)
        assert card.num_images[split] == part.height
        assert card.num_patients[split] == part["patient_id"].n_unique()
        for finding in FINDINGS:
            cell = card.labels[finding][split]
            assert cell.n_positive == (part[finding] == 1).sum()
            assert cell.prevalence == cell.n_positive / cell.n


def test_a_finding_that_was_never_annotated_has_no_prevalence(phantom: Stores) -> None:
    cell = data_card(phantom, "guangzhou").labels["Mass"]["test"]

    assert (cell.n, cell.n_positive, cell.prevalence) == (0, 0, None)


def test_groups_of_a_kind_add_up_to_the_split(phantom: Stores) -> None:
    card = data_card(phantom, "chestxray14")

    for kind in ("view", "sex", "age"):
        for split in card.splits:
            of_kind = [each.num_images.get(split, 0) for each in card.groups if each.kind == kind]
            assert sum(of_kind) == card.num_images[split]


def test_images_that_are_set_aside_are_counted_apart(own: Stores) -> None:
    found = own.data.dataset("chestxray14")
    before = data_card(own, "chestxray14")
    image = found.manifest.filter(pl.col("Mass") == 1).row(0, named=True)
    reasons = pl.DataFrame({"image_id": [image["image_id"]], "reason": ["dark"]}, QUARANTINE.schema)
    own.data.write_quarantine(found, reasons)

    after = data_card(own, "chestxray14")

    split = image["split"]
    assert after.num_images[split] == before.num_images[split] - 1
    assert after.labels["Mass"][split].n_positive == before.labels["Mass"][split].n_positive - 1
    assert after.quarantine.height == before.quarantine.height + 1


def test_a_patient_in_two_splits_is_counted(own: Stores) -> None:
    found = own.data.dataset("chestxray14")
    leaked = found.manifest.with_columns(
        patient_id=pl.when(pl.int_range(pl.len()) % 80 == 0)
        .then(pl.lit("everywhere"))
        .otherwise("patient_id")
    )
    own.data.write_dataset(found.record, leaked, found.boxes)

    assert data_card(own, "chestxray14").num_shared_patients == 1


def test_samples_are_the_same_each_time_and_never_set_aside(own: Stores, runs: Runs) -> None:
    first = samples(own, runs.read, "phantom-north", "test")
    bad = first[0].image_id
    reasons = pl.DataFrame({"image_id": [bad], "reason": ["too dark"]}, QUARANTINE.schema)
    assert samples(own, runs.read, "phantom-north", "test") == first

    own.data.write_quarantine(own.data.dataset("phantom-north"), reasons)
    fresh = Stores(own.data, own.results)
    later = samples(fresh, all_runs(fresh).read, "phantom-north", "test")

    assert len(first) == 8
    assert bad not in [each.image_id for each in later]


def test_restricted_images_are_no_samples(own: Stores, runs: Runs) -> None:
    found = own.data.dataset("guangzhou")
    closed = found.record.model_copy(update={"restricted": True})
    own.data.write_dataset(closed, found.manifest, found.boxes)

    assert samples(own, runs.read, "guangzhou", "test") == ()
    allowed = Stores(own.data, own.results, allow_restricted=True)
    assert len(samples(allowed, runs.read, "guangzhou", "test")) == 8


def test_the_target_is_offered_first(phantom: Stores, runs: Runs) -> None:
    scope = Scope(phantom, runs, Context("phantom-north", "test", "source-val"))

    assert known_datasets(scope) == ("phantom-north", "chestxray14", "guangzhou")
