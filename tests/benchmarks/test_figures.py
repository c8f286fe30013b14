"""Every form of line that a benchmark prints becomes a figure."""

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks import bench_dashboard
from tests.benchmarks.bench import SCRIPTS
from tests.benchmarks.figures import HEADS, Figure, as_json, as_markdown, merged, parsed, read

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("line", "figure"),
    [
        (
            "index 4x, time: ours 1.30 s, peer 0.65 s, ratio 2.00",
            Figure("index 4x, time", "1.30 s", "0.65 s", "", "2.00", "s"),
        ),
        (
            "extraction resnet50 fp32 channels_last, cpu: 9.1 images/s, bare forward 9.4, "
            "ratio 0.968",
            Figure("extraction resnet50 fp32 channels_last, cpu", "9.1 images/s", "",
                   "bare forward 9.4", "0.968", "s"),
        ),
        (
            "AUROC + AP, 1000 resamples: ours 9.8 s (1 GiB), scikit-learn 2000 s (scaled from 2), "
            "ratio 204; largest difference 1e-16",
            Figure("AUROC + AP, 1000 resamples", "9.8 s (1 GiB)",
                   "scikit-learn 2000 s (scaled from 2)", "", "204",
                   "s; largest difference 1e-16"),
        ),
        (
            "ResNet-50 14 maps  ours 0.06  forward alone 0.05  1.03×",
            Figure("ResNet-50 14 maps", "0.06", "", "forward alone 0.05", "1.03×", "s"),
        ),
        ("    of its parts: 1, 2, 3 ms", None),
        ("2 threads, 2 images, seconds an image", None),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, figure: Figure | None) -> None:
    assert parsed(line, "s") == figure


def test_the_table_has_a_row_a_figure() -> None:
    figures = [Figure("a", "1", "2", "", "0.5", "s"), Figure("b", "1", "", "3", "3", "s")]
    lines = as_markdown(figures).splitlines()
    assert {line.count("|") for line in lines} == {len(HEADS) + 1}
    assert len(lines) == 4
    assert [each["figure"] for each in json.loads(as_json(figures))] == ["a", "b"]


def test_a_bar_in_a_name_does_not_split_its_cell() -> None:
    (*_, row) = as_markdown([Figure("peer | linear", "1", "2", "", "0.5", "s")]).splitlines()
    assert row == r"| peer \| linear | 1 | 2 |  | 0.5 | s |"


def test_scripts_that_do_not_run_keep_their_figures(tmp_path: Path) -> None:
    def figure(script: str, ours: str) -> Figure:
        return Figure("f", ours, "", "", "1", script)

    before = [figure("one", "old"), figure("two; told", "old"), figure("gone", "old")]
    (tmp_path / "figures.json").write_text(as_json(before), "utf-8")

    found = merged(read(tmp_path / "figures.json"), [figure("two; anew", "new")], ["two", "one"])

    assert [(each.script, each.ours) for each in found] == [("two", "new"), ("one", "old")]
    assert read(tmp_path / "none.json") == []


def test_every_benchmark_is_in_the_one_command() -> None:
    named = {name for name, *_ in SCRIPTS}
    scripts = {path.stem for path in HERE.glob("bench_*.py")}
    # It needs real JPEGs, so it is run by hand.
    assert scripts - {"bench_precision"} <= named
    assert all((HERE / f"{name}.py").exists() for name in named)


def test_without_chromium_the_dashboard_s_benchmark_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bench_dashboard, "CHROMIUM", tmp_path / "chromium")
    monkeypatch.setattr(sys, "argv", ["bench_dashboard.py"])
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        bench_dashboard.main()
    assert SCRIPTS[0] == ("bench_dashboard",)
