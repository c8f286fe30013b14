"""`cxr explain`, `localise`, `agree` and `sanity`: one sentence, a table, or JSON alone."""

import json
import shutil
from pathlib import Path

import pytest

from tests.fixtures.pipeline import Cxr, Stores

DATASET = ("--dataset", "chestxray14")


@pytest.fixture(scope="module")
def options(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The finished pipeline with results of its own."""
    folder = tmp_path_factory.mktemp("attention") / "results"
    shutil.copytree(stores.results.root, folder)
    return "--data", str(stores.data.root), "--results", str(folder)


def test_explain_reports_size_and_rate(cxr: Cxr, options: tuple[str, ...], stores: Stores) -> None:
    call = ("explain", "--all", *DATASET, "--limit", 4, "--method", "hirescam", *options)
    first, again = cxr(*call), cxr(*call, "--json")

    assert first.exit_code == again.exit_code == 0
    assert f"{stores.run_id}: 8 maps on chestxray14 (0.0 MB); 8 new in" in first.out
    numbers = json.loads(again.out)[stores.run_id]
    assert (numbers["num_maps"], numbers["num_new"], numbers["maps_per_second"]) == (8, 0, None)
    assert numbers["num_bytes"] > 0


def test_explain_names_the_methods_there_are(cxr: Cxr, options: tuple[str, ...]) -> None:
    outcome = cxr("explain", "--all", *DATASET, "--method", "lime", *options)

    assert outcome.exit_code == 3
    assert "Unknown saliency method 'lime'. Known saliency methods: eigencam" in outcome.err


def test_localise_says_how_often_the_maximum_lies_in_the_box(
    cxr: Cxr, options: tuple[str, ...], stores: Stores
) -> None:
    outcome = cxr("localise", "--all", *DATASET, "--num-resamples", 20, *options)

    assert outcome.exit_code == 0
    assert f"the maximum of {stores.run_id}'s maps lies in the box in" in outcome.out
    assert "% of 14 images and findings of 7 patients; of the maps without a model," in outcome.out
    for word in ("gradcam", "mean_box", "lungs", "centre", "Effusion*"):
        assert word in outcome.out


def test_localise_gives_its_rows_as_json(cxr: Cxr, options: tuple[str, ...]) -> None:
    rows = json.loads(
        cxr("localise", "--all", *DATASET, "--num-resamples", 5, "--json", *options).out
    )

    assert {row["gate"] for row in rows} == {"all", "above-threshold", "true-positives"}
    assert {row["grid"] for row in rows} == {"common", "native"}
    assert all(row["value"] is None or 0 <= row["value"] <= 1 for row in rows)


def test_localise_without_boxes_is_one_sentence(cxr: Cxr, options: tuple[str, ...]) -> None:
    outcome = cxr("localise", "--all", "--dataset", "hospital", *options)

    assert outcome.exit_code == 3
    assert "hospital has no boxes on images of its test split" in outcome.err


def test_localise_measures_attention_on_regions(
    cxr: Cxr, options: tuple[str, ...], stores: Stores, tmp_path: Path
) -> None:
    manifest = stores.data.dataset("chestxray14").manifest
    rows = (f"{image_id},token,0,0,0.5,0.5" for image_id in manifest["image_id"])
    path = tmp_path / "regions.csv"
    path.write_text("\n".join(("image_id,region,x,y,width,height", *rows)))
    call = ("localise", "--all", *DATASET, "--regions", path, "--num-resamples", 5, *options)
    table, numbers = cxr(*call), json.loads(cxr(*call, "--json").out)

    assert table.exit_code == 0
    assert f"Share of {stores.run_id}'s positive attention inside each region" in table.out
    gated = cxr(*call, "--gate", "true-positives")
    assert gated.exit_code == 3
    assert "--gate true-positives is for boxes; leave it out with --regions." in gated.err
    assert {(row["region"], row["run_id"]) for row in numbers} == {("token", stores.run_id)}
    assert f"{100 * numbers[0]['value']:.1f} [" in table.out


def test_agree_compares_source_and_target(cxr: Cxr, options: tuple[str, ...]) -> None:
    outcome = cxr(
        *("agree", "--all", *DATASET, "--dataset", "hospital", "--limit", 10),
        *("--num-resamples", 20, *options),
    )

    assert outcome.exit_code == 0
    for name in ("chestxray14", "hospital"):
        assert f"On {name} the maps that agree least are those of" in outcome.out
    for word in ("noise", "exposure", "shift", "another finding, same run"):
        assert word in outcome.out


def test_sanity_judges_the_maps(cxr: Cxr, options: tuple[str, ...], stores: Stores) -> None:
    outcome = cxr(
        *("sanity", "--all", *DATASET, "--limit", 6, "--num-resamples", 20, "--json", *options)
    )

    rows = json.loads(outcome.out)
    assert [row["step"] for row in rows if row["finding"] == "pooled"] == [
        *("head", "top quarter", "top half", "top three quarters", "all", "permuted labels")
    ]
    assert {row["run_id"] for row in rows} == {stores.run_id}
