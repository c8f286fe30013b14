"""The command line as a user meets it: results on stdout, one sentence and a code for errors."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from tests.fixtures.pipeline import Cxr, Stores
from tests.fixtures.releases import Release, write_release, write_table_dataset


@pytest.fixture(autouse=True)
def own_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CXR_RESULTS", str(tmp_path / "results"))


@pytest.fixture
def trainable(tmp_path: Path) -> Release:
    """A release whose validation split has patients with and without the findings."""
    return write_release(tmp_path / "release", num_patients=30)


def test_an_index_prints_the_label_table(cxr: Cxr, release: Release) -> None:
    done = cxr("data", "index", "chestxray14", "--root", release.root)
    assert done.exit_code == 0
    assert "18 images of 9 patients, 2 boxes on 2 images; split: official" in done.out
    assert "Effusion" in done.out


def test_json_stands_alone_on_stdout(cxr: Cxr, release: Release) -> None:
    done = cxr("data", "index", "chestxray14", "--root", release.root, "--json")
    summary = json.loads(done.out)
    assert (summary["images"], summary["patients"], summary["boxed_images"]) == (18, 9, 2)
    assert summary["positives"]["Hernia"]["test"] == 0


def test_not_annotated_is_null_and_no_zero(cxr: Cxr, hospital: Path) -> None:
    done = cxr(
        *("data", "index", "table", "--name", "own", "--root", hospital, "--labels", "labels.csv"),
        "--json",
    )
    positives = json.loads(done.out)["positives"]
    assert (positives["Effusion"]["test"], positives["Hernia"]["test"]) == (12, None)


def test_a_failed_index_leaves_nothing_behind(cxr: Cxr, release: Release, tmp_path: Path) -> None:
    release.edit(4, 1, "Rash")
    done = cxr("data", "index", "chestxray14", "--root", release.root)
    assert (done.exit_code, done.out) == (3, "")
    assert done.err.startswith(f"cxr: {release.table}, row 4: unknown finding 'Rash'")
    assert not (tmp_path / "data").exists()


def test_a_later_index_replaces_the_earlier_one(cxr: Cxr, release: Release) -> None:
    index = ("data", "index", "chestxray14", "--root", release.root)
    cxr(*index)
    release.edit(2, 1, "Hernia")
    cxr(*index)
    shown = json.loads(cxr("data", "show", "chestxray14", "--json").out)
    assert shown["positives"]["Hernia"]["train"] == 1


TRAIN = ("train", "--backbone", "efficientnet_lite0", "--weights", "offline", "--size", "64")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("train",), 2, "Missing option"),
        (("trian",), 2, "Did you mean 'train'?"),
        (("train", "--bakbone", "resnet50"), 2, "--backbone"),
        (("train", "--backbone", "resnet5", "--source", "x"), 3, "Did you mean 'resnet50'?"),
        ((*TRAIN, "--source", "nowhere"), 3, "Unknown data set 'nowhere'"),
        ((*TRAIN, "--source", "../up"), 3, "options: source:"),
        ((*TRAIN, "--source", "x", "--epochs", "0"), 3, "options: epochs:"),
        ((*TRAIN, "--source", "x", "--loss", "bse"), 3, "Did you mean 'bce'?"),
        (("eval", "--all", "--target", "x"), 3, "No run is done"),
        (("eval", "--target", "x"), 3, "Name the runs, or say --all"),
        (("eval", "r", "--target", "x"), 3, "Unknown run 'r'"),
        (("explain", "--all", "--dataset", "x", "--findings", "Rash"), 3, "Unknown finding 'Rash'"),
        (("data", "show", "x"), 3, "Unknown data set 'x'"),
        (("data", "index", "nih", "--root", "."), 3, "Unknown data set adapter 'nih'"),
        (("data", "index", "table", "--root", ".", "--name", "a/b"), 3, "data set: name:"),
        (("data", "index", "table", "--root", ".", "--column", "x"), 3, "OURS=THEIRS"),
        (("--config", "none.toml", "runs", "list"), 2, "cannot be read as TOML"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_a_code(
    cxr: Cxr, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    done = cxr(*arguments)
    assert done.exit_code == code
    assert sentence in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_an_unknown_run_or_data_set_is_told_the_nearest(cxr: Cxr, stores: Stores) -> None:
    run = cxr("runs", "show", stores.run_id[:-1], "--results", stores.results.root)
    assert f"Did you mean {stores.run_id!r}?" in run.err
    dataset = cxr("data", "show", "hopsital", "--data", stores.data.root)
    assert "Did you mean 'hospital'?" in dataset.err


def test_without_arguments_every_command_is_shown_and_where_to_begin(cxr: Cxr) -> None:
    done = cxr()
    assert done.exit_code == 2
    shown = done.out + done.err
    assert "Begin with: cxr demo" in shown
    assert all(f" {name} " in shown for name in ("data", "train", "eval", "report", "dashboard"))


def test_the_shell_completes_commands() -> None:
    asked = {"_CXR_COMPLETE": "complete_bash", "COMP_WORDS": "cxr re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "import cli.main; cli.main.app(prog_name='cxr')"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["report"]


def test_a_damaged_image_stops_training_with_its_name_and_nothing_half_written(
    cxr: Cxr, trainable: Release, tmp_path: Path
) -> None:
    cxr("data", "index", "chestxray14", "--root", trainable.root)
    path = trainable.image("00000005_000.png")
    path.write_bytes(path.read_bytes()[:200])
    done = cxr(*TRAIN, "--source", "chestxray14")
    assert done.exit_code == 3
    assert "00000005_000.png: cannot be decoded" in done.err
    assert not list((tmp_path / "data").rglob("images-*"))
    assert not (tmp_path / "results").exists()


def test_a_target_without_train_images_cannot_be_a_source(cxr: Cxr, hospital: Path) -> None:
    cxr("data", "index", "table", "--name", "own", "--root", hospital, "--labels", "labels.csv")
    done = cxr(*TRAIN, "--source", "own")
    assert done.exit_code == 3
    assert "no images in its train split" in done.err


def test_the_source_cannot_be_its_own_target(cxr: Cxr, stores: Stores) -> None:
    done = cxr("eval", "--all", "--target", "chestxray14", *stores.options)
    assert done.exit_code == 3
    assert "is the source of this run" in done.err


def test_a_target_with_copies_of_source_images_is_refused(
    cxr: Cxr, stores: Stores, tmp_path: Path
) -> None:
    root = write_table_dataset(tmp_path / "copy", num_images=4)
    source = stores.data.dataset("chestxray14")
    original = Path(source.record.root, source.manifest["path"][0])
    (root / "images/scan02.png").write_bytes(original.read_bytes())
    data = ("--data", stores.data.root)
    name = ("--name", "copy", "--root", root, "--labels", "labels.csv")
    cxr("data", "index", "table", *name, *data)
    done = cxr("eval", "--all", "--target", "copy", *stores.options)
    assert done.exit_code == 3
    assert "images/scan02.png = 00000001_000.png" in done.err


def test_a_run_is_listed_shown_and_only_removed_when_asked(cxr: Cxr, stores: Stores) -> None:
    results = ("--results", stores.results.root)
    assert stores.run_id in cxr("runs", "list", *results).out
    assert json.loads(cxr("runs", "show", stores.run_id, *results).out)["status"] == "done"
    done = cxr("runs", "remove", "no-such-run", "--yes", *results)
    assert (done.exit_code, stores.results.run_ids()) == (3, (stores.run_id,))


def test_an_evaluation_says_what_its_numbers_are(cxr: Cxr, stores: Stores) -> None:
    done = cxr("eval", "--all", "--target", "hospital", "--num-resamples", 50, *stores.options)
    assert done.exit_code == 0
    first = done.out.splitlines()[0]
    assert first.startswith("hospital, test split: 24 images of 12 patients; macro@1:")
    assert "thresholds from source validation" in first
    (pneumonia,) = (line for line in done.out.splitlines() if line.strip().startswith("Pneumonia "))
    assert pneumonia.split() == ["Pneumonia", "0", "0", "–", "–", "–", "not-annotated"]


def test_options_can_stand_in_a_toml_file_below_the_environment(
    cxr: Cxr, trainable: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cxr("data", "index", "chestxray14", "--root", trainable.root)
    config = tmp_path / "cxr.toml"
    config.write_text('[train]\nsource = "chestxray14"\nseed = 7\nepochs = 3\nsize = 64\n')
    assert tomllib.loads(config.read_text())
    train = ("--config", config, "train", "--backbone", "efficientnet_lite0", "--weights", "random")
    monkeypatch.setenv("CXR_TRAIN_EPOCHS", "2")
    spec = json.loads(cxr(*train, "--json").out)["spec"]
    assert (spec["seed"], spec["epochs"]) == (7, 2)
    spec = json.loads(cxr(*train, "--json", "--seed", 8).out)["spec"]
    assert spec["seed"] == 8


def test_random_weights_are_said_and_never_ranked(cxr: Cxr, trainable: Release) -> None:
    cxr("data", "index", "chestxray14", "--root", trainable.root)
    train = ("train", "--backbone", "efficientnet_lite0", "--weights", "random", "--size", 64)
    done = cxr(*train, "--source", "chestxray14")
    assert "Random weights: this run is shown, and never ranked." in done.err


def test_help_answers_without_the_engine() -> None:
    code = (
        "import sys; import cli.main; heavy = ('torch', 'timm', 'scipy', 'polars', 'pydantic'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reviewer_without_the_engine_is_told_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; "
        "sys.argv = ['cxr', 'train', '--backbone', 'resnet50', '--source', 'x']; "
        "import cli.main; cli.main.run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'cxr-bench[engine]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_sixteen_bit_and_rgba_files_train_like_any_other(cxr: Cxr, trainable: Release) -> None:
    path = trainable.image("00000001_000.png")
    with Image.open(path) as image:
        image.convert("RGBA").save(path)
    cxr("data", "index", "chestxray14", "--root", trainable.root)
    assert cxr(*TRAIN, "--source", "chestxray14").exit_code == 0
