import pytest

from core.protocol.matching import attribution, differing_fields
from core.records import ImportRecord, RunRecord, RunStatus
from core.specs import ContrastiveSpec, RunSpec, TuneSpec

TUNED = RunSpec(source="mimic", backbone="resnet50", tune="full", tuning=TuneSpec())
SUPCON = TUNED.model_copy(update={"loss": "supcon", "contrastive": ContrastiveSpec()})
FROZEN = RunSpec(source="mimic", backbone="resnet50")


def said(a: RunSpec, b: RunSpec) -> str:
    one, other = (RunRecord(spec=spec, status=RunStatus.DONE) for spec in (a, b))
    return attribution(one, other)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"backbone": "vit_base_patch16_224"}, "the backbone (backbone: resnet50 / vit_base"),
        ({"seed": 3}, "the seed (seed: 0 / 3)"),
        ({"resample": 1}, "the training patients that were drawn (resample: none / 1)"),
        ({"source": "padchest"}, "the source (source: mimic / padchest)"),
    ],
)
def test_one_difference_is_what_it_may_be_laid_to(changes: dict[str, object], cause: str) -> None:
    sentence = said(FROZEN, FROZEN.model_copy(update=changes))
    assert f"may be laid to {cause}" in sentence
    assert sentence.startswith("These trained models, not the methods")


def test_tuned_runs_that_differ_in_the_loss_alone_are_matched() -> None:
    assert "laid to the loss (loss: bce / supcon; contrastive: none / given)" in said(TUNED, SUPCON)


def test_a_frozen_and_a_tuned_run_are_not_matched_for_the_loss() -> None:
    sentence = said(FROZEN, SUPCON)
    assert "do not otherwise match" in sentence
    assert "loss: bce / supcon" in sentence
    assert "tune: none / full" in sentence


def test_a_nested_field_is_named_by_its_path() -> None:
    longer = TUNED.model_copy(update={"tuning": TuneSpec(epochs=20)})
    assert differing_fields(TUNED, longer) == ("tuning.epochs: 10 / 20",)


def test_threads_make_no_other_model() -> None:
    assert "match in everything" in said(FROZEN, FROZEN.model_copy(update={"num_threads": 8}))


def test_of_an_imported_run_no_cause_is_known() -> None:
    imported = ImportRecord(name="theirs", findings=(), hashes={})
    record = RunRecord(spec=FROZEN, status=RunStatus.DONE)
    assert "How theirs came to be is not known here" in attribution(imported, record)
