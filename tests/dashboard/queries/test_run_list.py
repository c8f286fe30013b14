from core.records import RunStatus
from core.specs import AugmentSpec, RunSpec, TuneSpec
from dashboard.queries.reading import Run, Runs
from dashboard.queries.run_list import is_under_way, provenance, scored_on, settings


def like(run: Run, run_id: str, **changes: object) -> Run:
    spec = RunSpec.model_validate(run.record.spec.model_dump() | changes)
    return Run(run_id, run.record.model_copy(update={"spec": spec}), run.metrics)


def test_only_settings_that_differ_have_a_column(run: Run) -> None:
    found = settings([run, like(run, "other", seed=3, epochs=2)])

    assert found.differing == {
        "seed": {run.run_id: "0", "other": "3"},
        "epochs": {run.run_id: "10", "other": "2"},
    }
    assert found.shared["image size"] == "96"
    assert found.shared["image equalise"] == "no"
    assert found.shared["learning rates"] == "0.0001, 0.0003, 0.001, 0.003, 0.01"


def test_what_a_run_is_called_by_needs_no_column(runs: Runs) -> None:
    found = settings(runs.read)

    assert set(found.differing) == {"weights"}


def test_a_setting_of_one_run_alone_needs_no_column(run: Run) -> None:
    tuning = TuneSpec(augment=AugmentSpec(noise=0.5))
    tuned = like(run, "tuned", tune="full", tuning=tuning.model_dump())

    found = settings([run, tuned])

    assert not any(name.startswith("tuning") for name in found.differing)
    assert found.shared["tuning augment noise"] == "0.5"


def test_tuned_runs_alone_are_told_apart_by_how_they_were_tuned(run: Run) -> None:
    tunings = [TuneSpec(augment=AugmentSpec(noise=noise)).model_dump() for noise in (0.5, 0.2)]
    tuned = [like(run, str(k), tune="full", tuning=each) for k, each in enumerate(tunings)]

    found = settings([run, *tuned])

    assert found.differing["tuning augment noise"] == {"0": "0.5", "1": "0.2"}


def test_a_single_run_differs_from_none(run: Run) -> None:
    assert settings([run]).differing == {}


def test_the_source_stands_first_among_what_was_scored(run: Run) -> None:
    assert scored_on(run) == ("chestxray14", "guangzhou", "phantom-north")


def test_a_run_that_is_running_is_under_way(run: Run) -> None:
    record = run.record.model_copy(update={"status": RunStatus.RUNNING})

    assert is_under_way([run, Run("other", record, run.metrics)])
    assert not is_under_way([run])


def test_provenance_names_the_data_with_their_split_and_labels(run: Run) -> None:
    facts = provenance(run.record)

    assert "chestxray14 (made up; text-mined labels)" in facts["Data sets"]
    assert facts["Specification"] == run.record.spec.digest(16)
    assert facts["Device"] == "–"
