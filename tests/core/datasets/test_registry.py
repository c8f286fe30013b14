from pathlib import Path

import pytest

from core.datasets import DATASETS
from core.datasets.labels import Tier
from core.datasets.request import IndexRequest
from core.errors import ConfigError, DataError
from core.findings import Finding

EVERY = pytest.mark.parametrize("name", DATASETS)


@EVERY
def test_a_row_says_what_it_reads_whom_to_cite_and_on_what_terms(name: str) -> None:
    spec = DATASETS[name]
    assert all((spec.title, spec.labeller, spec.licence, spec.citation))


@EVERY
def test_an_unknown_split_is_answered_with_the_known_ones(name: str, tmp_path: Path) -> None:
    spec = DATASETS[name]
    (tmp_path / "a").touch()
    known = ", ".join(sorted(spec.splits))
    with pytest.raises(ConfigError, match=f"Unknown split policy 'odd'.*: {known}"):
        spec.index(IndexRequest(tmp_path, split="odd"))


@EVERY
@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_the_data_is_one_sentence(name: str, folder: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=f"{folder}: ") as caught:
        DATASETS[name].index(IndexRequest(tmp_path / folder))
    assert len(caught.value.problems) == 1


@EVERY
def test_a_composite_label_means_no_single_finding(name: str) -> None:
    labels = DATASETS[name].label_map
    for composite in labels.composite:
        assert composite not in labels.same_name
        assert composite not in labels.narrower
        assert not any(composite in labels.labels_of(finding) for finding in Finding)
    assert (Tier.COMPOSITE in labels.tiers) == bool(labels.composite)


PUBLISHED = {name: spec.published for name, spec in DATASETS.items() if spec.published}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_splits_add_up_to_no_more_than_the_images(name: str) -> None:
    published = PUBLISHED[name]
    total = sum(published.per_split.values())
    assert published.num_images is None or total <= published.num_images
    assert published.source
    assert {part for joined in published.per_split for part in joined.split("+")} <= {
        "train",
        "val",
        "test",
    }


def test_credentialed_data_are_restricted() -> None:
    restricted = {name for name, spec in DATASETS.items() if spec.restricted}
    assert restricted == {"mimic", "chexpert", "padchest", "vindr", "vindr-kaggle", "table"}


def test_only_the_terms_of_anyone_s_table_are_the_user_s_to_state() -> None:
    assert [name for name, spec in DATASETS.items() if spec.may_be_opened] == ["table"]


@pytest.mark.real
def test_the_published_counts_of_chestxray14_are_those_of_its_tables(real_data: Path) -> None:
    spec = DATASETS["chestxray14"]
    published = spec.published
    assert published is not None
    assert published.positives is not None
    manifest = spec.index(IndexRequest(real_data / "nih_metadata", tables_only=True)).manifest
    assert manifest.height == published.num_images
    assert manifest["patient_id"].n_unique() == published.num_patients
    for joined, count in published.per_split.items():
        assert manifest["split"].is_in(joined.split("+")).sum() == count
    assert {name: manifest[name].sum() for name in published.positives} == published.positives
