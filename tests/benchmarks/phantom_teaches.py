"""What the phantom teaches: AUROC per finding over seeds, and what its shortcut does.

    python tests/benchmarks/phantom_teaches.py --patients 240 --seeds 3 --out /tmp/phantoms

For each seed two phantoms are drawn that differ in the shortcut's token alone. The pretrained
EfficientNet-Lite0 is trained on the source of each. Printed: AUROC per finding on source test and
on the target, the target's AUROC of the shortcut's finding with its interval under both, and the
share of positive Grad-CAM energy inside the token, on the target images that show it.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.regions import read_regions
from core.datasets.request import IndexRequest
from core.findings import FINDINGS, Finding
from core.phantom.spec import PhantomSpec
from core.phantom.write import write_phantom
from core.report import Number, run_numbers
from core.roles import Split
from core.specs import ImageSpec, RunSpec
from core.stages import cache, evaluate, explain, index, predict, regions, train
from core.store import DataStore, ResultStore

SOURCE, TARGET = "phantom-mimic", "phantom-nih"
SHORTCUT = Finding.PNEUMOTHORAX
STRENGTHS = (PhantomSpec().shortcut_strength, 0.0)


class Trained:
    """One phantom, and the run that was trained on its source."""

    def __init__(self, out: Path, num_patients: int, size: int, seed: int, strength: float) -> None:
        folder = out / f"seed{seed}-strength{strength}-patients{num_patients}"
        spec = PhantomSpec(num_patients=num_patients, seed=seed, shortcut_strength=strength)
        self.phantom = write_phantom(folder / "phantom", spec)
        self.data, self.results = (
            DataStore(folder / "data"),
            ResultStore(folder / f"results-{size}"),
        )
        image = ImageSpec(size=size)
        for adapter, name, root in (
            ("mimic", SOURCE, self.phantom.source),
            ("chestxray14", TARGET, self.phantom.target),
        ):
            index.run(self.data, adapter, name, IndexRequest(root=root))
            cache.run(self.data, name, image)
        run = RunSpec(
            source=SOURCE,
            backbone="efficientnet_lite0",
            weights="offline",
            image=image,
            seed=seed,
            num_threads=2,
        )
        self.run_id = train.run(run, self.data, self.results).run_id
        for name in (SOURCE, TARGET):
            predict.run(self.run_id, name, self.data, self.results)
        evaluate.run(self.run_id, TARGET, self.data, self.results)

    def auroc(self, dataset: str, finding: str) -> Number:
        """AUROC on a test split, with its interval."""
        numbers = run_numbers(self.results, self.run_id, dataset, "test").numbers
        return numbers[finding, "auroc", None]

    def energy_in_token(self) -> dict[str, Any]:
        """Share of positive energy inside the token, over target test images that show it."""
        path = self.phantom.ground_truth / "chestxray14-regions.csv"
        dataset = self.data.dataset(TARGET)
        tokens = read_regions(path, dataset.manifest)
        shown = regions.images_with_regions(dataset, tokens, Split.TEST)
        request = explain.ExplainRequest(findings=(SHORTCUT,), image_ids=shown)
        explain.run(self.run_id, TARGET, request, self.data, self.results)
        measured = regions.run(self.run_id, TARGET, tokens, self.data, self.results)
        return measured.filter(grid="native", finding=str(SHORTCUT)).row(0, named=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=240)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    pairs = [
        [
            Trained(options.out, options.patients, options.size, seed, strength)
            for strength in STRENGTHS
        ]
        for seed in range(options.seeds)
    ]
    print(f"{'finding':20} source test, seeds and mean | target, seeds and mean")
    for finding in (*FINDINGS, "macro"):
        columns: list[str] = []
        for dataset in (SOURCE, TARGET):
            values = [pair[0].auroc(dataset, finding).value or np.nan for pair in pairs]
            columns.append(" ".join(f"{value:.3f}" for value in [*values, np.mean(values)]))
        print(f"{finding:20} {columns[0]} | {columns[1]}")
    for seed, pair in enumerate(pairs):
        for strength, trained in zip(STRENGTHS, pair, strict=True):
            number = trained.auroc(TARGET, SHORTCUT)
            energy = trained.energy_in_token()
            at_home = trained.auroc(SOURCE, SHORTCUT)
            print(
                f"seed {seed} strength {strength}: {SHORTCUT} target {number.value:.3f} "
                f"[{number.ci_low:.3f}-{number.ci_high:.3f}], source test {at_home.value:.3f}, "
                f"energy in the token {energy['value']:.3f} "
                f"[{energy['ci_low']:.3f}-{energy['ci_high']:.3f}], its area "
                f"{energy['uniform']:.3f}, n = {energy['n']}"
            )


if __name__ == "__main__":
    main()
