"""Design, protocol and provenance: what was trained on what, and what every number traces to."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from core.findings import FINDINGS
from core.metrics.flags import RATE_FALLBACK
from core.records import DatasetRecord, RunRecord
from core.report.numbers import POLICY
from core.report.paper.blocks import Block, Grid, Heading, Paragraph, Section
from core.report.paper.cells import MIN_PATIENTS, WITHHELD
from core.report.paper.subject import SPLIT, Subject
from core.store.data import Dataset
from core.tables import METRICS, THRESHOLDS
from core.tables.data import SPLITS
from core.written import UNDEFINED, finding_name

_RULES = (
    "Training, model selection and thresholds use the source's train and validation splits "
    "alone; the target is predicted and scored, nothing more. All splits are by patient.",
    "Scoring reads a blank label as negative and leaves uncertain ones out; a finding that a data "
    "set does not annotate is not scored. Lateral views are left out.",
    "Intervals are 95 % percentile bootstraps over patients; all runs share their replicates, "
    "so differences are paired. p values are two-sided, corrected by Holm over the stated family.",
    "Runs on random weights, or on weights that saw the target's images, are shown and not ranked.",
    "A target is refused if it shares a file, a near-identical picture or, within one published "
    "release, a patient with the source. Every run below was scored after that audit.",
)


def design(about: Subject) -> Iterator[Block]:
    """Which data, with how many images and patients in each split."""
    yield Heading(Section.DESIGN)
    sources = dict.fromkeys(row.record.source or "unknown" for row in about.board.rows)
    yield Paragraph(
        f"{len(about.board.rows)} runs were trained on {', '.join(sources)} and tested on "
        f"{about.target} ({SPLIT} split), a hospital that training never saw."
    )
    if any(each.synthetic for each in about.datasets.values()):
        yield Paragraph("Synthetic images: not for clinical use or conclusions.")
    if about.is_restricted:
        yield Paragraph(_restriction(about))
    yield Grid(
        "Data sets; images (patients) in each split, without images that are set aside.",
        ("data set", "labels", "split", *SPLITS, "terms", "cite"),
        tuple(_dataset_row(about, name, each) for name, each in about.datasets.items()),
        (0.14, 0.14, 0.1, 0.1, 0.1, 0.1, 0.15, 0.17),
    )


def _restriction(about: Subject) -> str:
    if about.is_public:
        return (
            "Credentialed data stand behind these numbers: images are left out, and cells over "
            f"fewer than {MIN_PATIENTS} patients, or 20 positive ones, are withheld, and a second "
            "one wherever one alone would follow from an average or a total; so are reference rows "
            "that numbers of so few positives alone decide."
        )
    return (
        "Credentialed data stand behind these numbers, and small cells are shown: this report "
        "may not leave this machine. Make the one that may with --public."
    )


def _dataset_row(about: Subject, name: str, record: DatasetRecord) -> tuple[str, ...]:
    dataset = about.indexed(name)
    counts = (_split_size(about, dataset, split) for split in SPLITS)
    return (
        name,
        record.labeller,
        record.split_name,
        *counts,
        record.licence,
        record.citation,
    )


def _split_size(about: Subject, dataset: Dataset | None, split: str) -> str:
    if dataset is None:
        return UNDEFINED
    rows = dataset.manifest.filter(~dataset.set_aside, pl.col("split") == split)
    num_patients = rows["patient_id"].n_unique()
    if about.is_closed and 0 < num_patients < MIN_PATIENTS:
        return WITHHELD
    return f"{rows.height:,} ({num_patients:,})"


def protocol(about: Subject) -> Iterator[Block]:
    """The rules that all numbers follow."""
    del about
    yield Heading(Section.PROTOCOL)
    yield from map(Paragraph, _RULES)


def provenance(about: Subject) -> Iterator[Block]:
    """Runs, weights, hashes, thresholds, leakage, versions."""
    yield Heading(Section.PROVENANCE)
    runs = about.trained
    if runs:
        yield Grid(
            "Runs, and the commit and device that made them.",
            ("", "run", "weights (SHA-256)", "tuning", "selected", "commit", "device"),
            tuple(_run_row(about, run) for run in runs),
            (0.05, 0.22, 0.2, 0.1, 0.18, 0.16, 0.09),
        )
        yield from _specifications(about, runs)
        yield Grid(
            "Hashes of what each run read and wrote.",
            ("", "what", "hash"),
            tuple(
                (about.marks[run.run_id], what, digest)
                for run in runs
                for what, digest in run.hashes.items()
            ),
            (0.06, 0.5, 0.44),
        )
        yield from _thresholds(about, runs)
        yield _leakage(about, runs)
        yield from _versions(runs)


def _run_row(about: Subject, run: RunRecord) -> tuple[str, ...]:
    weights = run.weights
    chosen = ", ".join(f"{name} {value:.4g}" for name, value in run.selected.items())
    return (
        about.marks[run.run_id],
        run.run_id,
        f"{weights.kind}: {_named(weights.origin)} ({weights.sha256})" if weights else UNDEFINED,
        run.spec.regime,
        chosen or UNDEFINED,
        run.git_commit or UNDEFINED,
        run.device or UNDEFINED,
    )


def _named(origin: str) -> str:
    """The origin of weights; of a path its last part, which tells nothing of this machine."""
    return origin.rpartition("/")[2] if origin.startswith("/") else origin


def _specifications(about: Subject, runs: list[RunRecord]) -> Iterator[Block]:
    """What all runs share, then what is a run's own."""
    told = {run.run_id: run.spec.model_dump(mode="json", exclude={"weights"}) for run in runs}
    first = told[runs[0].run_id]
    shared = {key for key in first if all(each[key] == first[key] for each in told.values())}
    yield Grid(
        "Settings: those of all runs, then each run's own.",
        ("", "setting", "value"),
        tuple(
            (mark, key, json.dumps(spec[key]))
            for mark, spec, keys in (
                ("all", first, shared),
                *((about.marks[name], spec, spec.keys() - shared) for name, spec in told.items()),
            )
            for key in spec
            if key in keys
        ),
        (0.06, 0.2, 0.74),
    )


def _thresholds(about: Subject, runs: list[RunRecord]) -> Iterator[Block]:
    tables = {run.run_id: about.results.read(run.run_id, THRESHOLDS) for run in runs}
    values = {
        run_id: {
            row["finding"]: _threshold(row, about.is_closed)
            for row in table.filter(policy=POLICY).iter_rows(named=True)
        }
        for run_id, table in tables.items()
    }
    if any(values.values()):
        yield Grid(
            f"Thresholds ({POLICY}), chosen on the source's validation split.",
            ("finding", *(about.marks[run_id] for run_id in values)),
            tuple(
                (finding_name(finding), *(each.get(finding, UNDEFINED) for each in values.values()))
                for finding in FINDINGS
            ),
        )


def _threshold(row: Mapping[str, Any], is_closed: bool) -> str:
    """A threshold; one that few positive images chose tells of them."""
    if row["value"] is None:
        return UNDEFINED
    is_small = row["n_positive"] < MIN_PATIENTS or RATE_FALLBACK in (row["flag"] or "")
    return WITHHELD if is_closed and is_small else f"{row['value']:.4f}"


def _leakage(about: Subject, runs: list[RunRecord]) -> Grid:
    """What stands between a run's training data and the target."""
    return Grid(
        "Leakage: the audit of images and patients, and weights that saw the target.",
        ("", "source", "images and patients", "weights", "target labels in any number here"),
        tuple(
            (
                about.marks[run.run_id],
                run.source,
                _audited(about, run),
                run.contaminated.get(about.target, "not known to have seen the target"),
                _target_use(about, run),
            )
            for run in runs
        ),
        (0.06, 0.18, 0.24, 0.32, 0.2),
    )


def _audited(about: Subject, run: RunRecord) -> str:
    evaluated = run.hashes.get(f"evaluate {about.target}")
    return f"nothing shared (target {evaluated})" if evaluated else "not recorded"


def _target_use(about: Subject, run: RunRecord) -> str:
    """Of the rows that this report tells: those at the source's thresholds."""
    rows = about.results.read(run.run_id, METRICS).filter(
        pl.col("policy").is_null() | (pl.col("policy") == POLICY),
        dataset=about.target,
        split=SPLIT,
        weighting="none",
    )
    return ", ".join(sorted(set(rows["target_use"])))


def _versions(runs: list[RunRecord]) -> Iterator[Block]:
    for versions in dict.fromkeys(tuple(run.versions.items()) for run in runs):
        yield Paragraph("Versions: " + ", ".join(f"{name} {what}" for name, what in versions) + ".")
