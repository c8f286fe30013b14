"""A trained run on unlabelled images, read from the stores of the pipeline (see `stores`)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from core.findings import Finding
from core.stages import classify
from core.stages.classify import Classified, ClassifyRequest
from core.store import DataStore
from core.tables import PREDICTIONS, THRESHOLDS
from tests.fixtures.pipeline import Cxr, Stores


def folder(stores: Stores) -> Path:
    return Path(stores.data.dataset("hospital").record.root)


def classified(stores: Stores, *paths: Path, heatmaps: Path | None = None) -> Classified:
    request = ClassifyRequest(paths, heatmaps=heatmaps)
    return classify.run(stores.run_id, request, stores.data, stores.results)


def test_probabilities_are_those_of_the_indexed_images(stores: Stores) -> None:
    images = classified(stores, folder(stores)).images
    known = stores.results.read(stores.run_id, PREDICTIONS, "hospital")
    root = str(folder(stores)) + "/"
    joined = images.with_columns(image_id=pl.col("path").str.replace(root, "", literal=True)).join(
        known, on="image_id", suffix="_known"
    )
    assert joined.height == known.height == 24
    for finding in ("Effusion", "Mass"):
        gap = (joined[finding] - joined[f"{finding}_known"]).abs().to_numpy().max()
        assert gap < 1e-5


def test_only_trained_findings_are_told_with_their_operating_point(stores: Stores) -> None:
    outcome = classified(stores, folder(stores))
    findings = [name for name in outcome.images.columns if name in set(Finding)]
    assert findings == ["Effusion", "Mass"]
    cut = stores.results.read(stores.run_id, THRESHOLDS).filter(
        finding="Effusion", policy="source-val"
    )["value"][0]
    positive = outcome.images["Effusion_positive"]
    assert positive.equals(outcome.images["Effusion"] >= cut, check_names=False)
    assert outcome.thresholds.height == 14


def test_maps_of_what_is_positive_are_drawn_over_the_image(stores: Stores, tmp_path: Path) -> None:
    outcome = classified(stores, folder(stores), heatmaps=tmp_path / "maps")
    drawn = sorted((tmp_path / "maps").iterdir())
    columns = [f"{finding}_positive" for finding in ("Effusion", "Mass")]
    num_positive = sum(int(outcome.images[name].sum()) for name in columns)
    assert len(drawn) == outcome.num_heatmaps == num_positive > 0
    assert drawn[0].name == "00000-scan00-Effusion.png"
    with Image.open(drawn[0]) as picture:
        assert (picture.mode, picture.size) == ("RGB", (64, 64))


def test_the_source_s_own_images_are_like_it_and_a_black_one_is_not(
    stores: Stores, tmp_path: Path
) -> None:
    black = tmp_path / "black.png"
    Image.fromarray(np.zeros((60, 60), np.uint8)).save(black)
    source = stores.data.dataset("chestxray14")
    own = Path(source.record.root, source.manifest["path"][0])
    images = classified(stores, own, black).images
    reasons = images["unlike_source"].to_list()
    assert images["source_distance"][0] < 0.99
    assert "it is darker than 100.0 % of the" in reasons[1]


def test_what_the_source_looks_like_is_kept_with_the_run(stores: Stores, tmp_path: Path) -> None:
    image = folder(stores) / "images/scan00.png"
    with_data = classified(stores, image).images
    request = ClassifyRequest((image,))
    without = classify.run(stores.run_id, request, DataStore(tmp_path), stores.results).images
    assert without.equals(with_data)


@pytest.mark.parametrize("suffix", [".csv", None])
def test_the_command_writes_a_csv_and_warns(
    cxr: Cxr, stores: Stores, tmp_path: Path, suffix: str | None
) -> None:
    out = ("--out", tmp_path / f"o{suffix}") if suffix else ()
    done = cxr("predict", stores.run_id, folder(stores) / "images", *out, *stores.options)
    assert done.exit_code == 0
    text = (tmp_path / "o.csv").read_text() if suffix else done.out
    header, *rows = text.strip().splitlines()
    assert header.startswith("path,view,source_distance,unlike_source,Effusion,Effusion_positive")
    assert len(rows) == 24
    assert "Effusion: positive from 0." in done.err
    assert "by source-val on 8 images of source validation" in done.err
    assert "Research only, not a medical device." in done.err


def test_the_command_names_what_is_missing(cxr: Cxr, stores: Stores, tmp_path: Path) -> None:
    done = cxr("predict", stores.run_id, tmp_path / "nope", *stores.options)
    assert (done.exit_code, done.out) == (3, "")
    assert "there is no such file or folder" in done.err
    out = ("--out", tmp_path / "no" / "o.csv")
    done = cxr("predict", stores.run_id, folder(stores), *out, *stores.options)
    assert "there is no such folder for o.csv" in done.err
