"""`cxr explain` on many images: maps a second, bytes a map, and whether memory grows.

    python tests/benchmarks/bench_explain.py --out DIR [--images 5000] [--size 32]

Made-up images of one finding, EfficientNet-Lite0 with a frozen backbone. Memory is the process's
own (RssAnon: without the image array, which is mapped from its file), after a fifth of the
images and at the end.
"""

import argparse
from pathlib import Path

from core.datasets.request import IndexRequest
from core.roles import Split
from core.specs import ImageSpec, RunSpec
from core.stages import cache, explain, index, train
from core.store import DataStore, ResultStore
from tests.fixtures.releases import write_table_dataset

NAME = "made-up"


def own_memory_mib() -> float:
    """The process's anonymous memory."""
    status = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in status if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1024


class Watch:
    """Reads the memory as the stage goes on."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Called after each batch."""
        self.seen[done] = own_memory_mib()

    def after(self, share: float) -> float:
        """Memory after a share of the images."""
        last = max(self.seen)
        return self.seen[min(self.seen, key=lambda done: abs(done - share * last))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--size", type=int, default=32)
    options = parser.parse_args()
    data, results = DataStore(options.out / "data"), ResultStore(options.out / "results")
    image = ImageSpec(size=options.size)
    root = write_table_dataset(options.out / "images", options.images)
    index.run(data, "table", NAME, IndexRequest(root=root, labels="labels.csv", split="by-patient"))
    cache.run(data, NAME, image)
    spec = RunSpec(
        source=NAME, backbone="efficientnet_lite0", weights="offline", image=image, epochs=1
    )
    run_id = train.run(spec, data, results).run_id
    ids = tuple(data.dataset(NAME).manifest["image_id"])
    watch = Watch()
    request = explain.ExplainRequest(image_ids=ids, split=Split.TEST)
    made = explain.run(run_id, NAME, request, data, results, watch)
    early, late = watch.after(0.2), watch.after(1.0)
    print(f"explain rate  ours {made.num_new / made.seconds:.0f} maps/s over {made.num_new:,} maps")
    print(f"explain size  ours {made.num_bytes / made.num_maps:.0f} bytes a map")
    print(f"explain memory  late {late:.0f} MiB  early {early:.0f} MiB  {late / early:.3f}×")


if __name__ == "__main__":
    main()
