"""Data sets to a report of what in them breaks the protocol, and what is set aside for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from core.datasets.counts import count_findings
from core.errors import ConfigError
from core.progress import Progress, silent
from core.protocol.audit import audit_copies, shared_patients
from core.protocol.duplicates import COPIES, Pictures, copies, crossing, to_set_aside
from core.protocol.files import HASHED, Scanned, check_files, scan
from core.protocol.manifest import check_manifest, split_patients
from core.protocol.observations import Observation, Severity, listed
from core.store.data import Dataset, DataStore
from core.store.locks import locked
from core.tables import QUARANTINE


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found.

    Args:
        observations: Per data set, and under "a + b" between two of them.
        counts: Label table per data set (`datasets.counts.COUNTS`), without what is set aside.
        set_aside: All images in quarantine per data set (`tables.QUARANTINE`).
        quarantined: Whether what broke the protocol was set aside just now.
    """

    observations: Mapping[str, tuple[Observation, ...]]
    counts: Mapping[str, pl.DataFrame]
    set_aside: Mapping[str, pl.DataFrame]
    quarantined: bool

    @property
    def breaches(self) -> tuple[Observation, ...]:
        """What breaks the protocol; once set aside, it does so no more."""
        if self.quarantined:
            return ()
        everything = (each for found in self.observations.values() for each in found)
        return tuple(each for each in everything if each.severity == Severity.BREACH)


def run(
    store: DataStore, names: Sequence[str], quarantine: bool = False, progress: Progress = silent
) -> Checked:
    """Check data sets, each alone and each pair.

    Args:
        store: Holds the manifests, and the default image caches where they were made.
        names: Data sets, the source first: of a picture or a patient in two of them, the one
            named first gives way.
        quarantine: Set aside, by name and reason, every image that breaks the protocol.
        progress: Told as files are read.

    Raises:
        ConfigError: If a data set is not indexed, or named twice.
        DataError: If a table or a cache is damaged.
        CxrError: If another process is at work on a data set that is to be changed.
    """
    if len(set(names)) < len(names):
        raise ConfigError("A data set is named twice; name each once.")
    datasets = [store.dataset(name) for name in names]
    scanned = {
        each.name: _scan(store, each, progress) for each in datasets if not each.record.tables_only
    }
    pictures = [each.pictures for each in scanned.values()]
    copied = copies(Pictures.concatenated(pictures)) if pictures else pl.DataFrame(schema=COPIES)
    observations = {
        each.name: (*check_manifest(each), *_of_files(each, scanned.get(each.name), copied))
        for each in datasets
    }
    for left, right in combinations(datasets, 2):
        observations[f"{left.name} + {right.name}"] = audit_copies(left, right, copied)
    if quarantine:
        for each in datasets:
            added = _to_quarantine(each, datasets, scanned, copied)
            with locked(store.folder(each.name)):
                store.write_quarantine(each, pl.concat([each.quarantine, added]))
    after = [store.dataset(name) for name in names]
    return Checked(
        observations=observations,
        counts={each.name: count_findings(each) for each in after},
        set_aside={each.name: each.quarantine for each in after},
        quarantined=quarantine,
    )


def _scan(store: DataStore, dataset: Dataset, progress: Progress) -> Scanned:
    cached = store.images(dataset, HASHED) if store.has_images(dataset, HASHED) else None
    return scan(dataset, cached, progress)


def _of_files(
    dataset: Dataset, scanned: Scanned | None, copied: pl.DataFrame
) -> tuple[Observation, ...]:
    if scanned is None:
        sentence = "Indexed with --tables-only: no image was looked at."
        return (Observation("files", Severity.WARNING, sentence),)
    own = copied.filter(dataset=dataset.name, dataset_other=dataset.name)
    return (*check_files(scanned), *_own_copies(dataset.name, own))


def _own_copies(name: str, copied: pl.DataFrame) -> tuple[Observation, ...]:
    """Copies within a data set: between splits they leak, within one they only weigh double."""
    kinds = {"identical": pl.col("bits").is_null(), "near-identical": pl.col("bits").is_not_null()}
    places = {
        Severity.BREACH: (crossing(copied), "in two splits"),
        Severity.WARNING: (~crossing(copied), "in one split"),
    }
    return tuple(
        _copies_observed(name, f"{kind.capitalize()} pictures {where}", kind, severity, rows)
        for kind, of_kind in kinds.items()
        for severity, (placed, where) in places.items()
        if (rows := copied.filter(of_kind & placed)).height
    )


def _copies_observed(
    name: str, what: str, kind: str, severity: Severity, rows: pl.DataFrame
) -> Observation:
    told = pl.format("{} ({}) = {} ({})", "image_id", "split", "image_id_other", "split_other")
    remedy = "; set them aside with --quarantine" if severity == Severity.BREACH else ""
    sentence = f"{what}, {rows.height:,} times: {listed(rows.select(told).to_series().to_list())}"
    ids = pl.concat([rows["image_id"], rows["image_id_other"]]).unique().sort()
    images = tuple(f"{name}/{image}" for image in ids)
    return Observation(kind, severity, f"{sentence}{remedy}.", len(images), images)


def _to_quarantine(
    dataset: Dataset,
    datasets: Sequence[Dataset],
    scanned: Mapping[str, Scanned],
    copied: pl.DataFrame,
) -> pl.DataFrame:
    """The images of one data set that break the protocol, each with its first reason."""
    patients = split_patients(dataset).filter(pl.col("split") != pl.col("last_split"))
    found = [
        patients.select("image_id", reason=pl.format("patient is in {} too", "last_split")),
    ]
    later = datasets[[each.name for each in datasets].index(dataset.name) + 1 :]
    for target in later:
        reason = pl.lit(f"patient is in {target.name} too").alias("reason")
        found.append(shared_patients(dataset, target).select("image_id", reason))
    if dataset.name in scanned:
        files = scanned[dataset.name].files
        found.append(files.drop_nulls("fault").select("image_id", reason="fault"))
        found.append(_giving_way(files, to_set_aside(copied, [each.name for each in datasets])))
    rows = pl.concat(found).unique("image_id", keep="first", maintain_order=True)
    return rows.match_to_schema(QUARANTINE.schema)


def _giving_way(files: pl.DataFrame, copied: pl.DataFrame) -> pl.DataFrame:
    kind = (
        pl.when(pl.col("bits").is_null())
        .then(pl.lit("identical"))
        .otherwise(pl.lit("near-identical"))
    )
    reason = pl.format(
        "{} to {}/{} ({})", kind, "dataset_other", "image_id_other", "split_other"
    ).alias("reason")
    return files.join(
        copied, on=["dataset", "split", "sha256"], maintain_order="left", suffix="_unit"
    ).select("image_id", reason)
