"""Every benchmark, one after the other, and one table of what they measured.

    python tests/benchmarks/bench.py [--only NAME …] [--out build/bench]

The table is printed and kept as table.md and figures.json; log.txt has every line. With --only,
the figures of the other scripts stay as they were. Each figure is
a ratio measured in one process or in alternating runs, so a busy machine moves both sides.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figures import Figure, as_json, as_markdown, merged, parsed, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

SCRIPTS: tuple[tuple[str, ...], ...] = (
    ("bench_dashboard",),
    ("bench_command",),
    ("bench_index",),
    ("bench_cache",),
    ("bench_extraction", "--threads", "1"),
    ("bench_probe_run", "--threads", "1", "--out", "{out}/probe"),
    ("bench_heads",),
    ("bench_supcon",),
    ("bench_contrastive", "--threads", "1"),
    ("bench_evaluation",),
    ("bench_saliency",),
    ("bench_explain", "--out", "{out}/explain"),
    ("bench_growth",),
    ("kill_grid",),
)
"""Script and its arguments; {out} is the folder of the results. First the one that needs a browser:
whoever has none is told so at once."""


def main() -> None:
    """Run the scripts and write the table; exits with 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", choices=[name for name, *_ in SCRIPTS])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kept = read(options.out / "figures.json") if options.only else []
    names = [name for name, *_ in SCRIPTS]
    failed: list[str] = []
    with (options.out / "log.txt").open("a" if options.only else "w", encoding="utf-8") as log:
        for name, *arguments in SCRIPTS:
            if options.only and name not in options.only:
                continue
            figures: list[Figure] = []
            given = [each.format(out=options.out) for each in arguments]
            for line in printed(name, given, failed):
                log.write(f"{name}\t{line}\n")
                log.flush()
                print(line, file=sys.stderr, flush=True)
                figures += filter(None, [parsed(line, name)])
            # After each script, so that a run that is cut off keeps what it measured.
            kept = merged(kept, figures, names)
            (options.out / "table.md").write_text(as_markdown(kept), "utf-8")
            (options.out / "figures.json").write_text(as_json(kept), "utf-8")
    print(as_markdown(kept))
    if failed:
        raise SystemExit(f"These benchmarks failed: {', '.join(failed)}.")


def printed(name: str, arguments: Sequence[str], failed: list[str]) -> Iterator[str]:
    """The lines of a script as they come; its name joins `failed` if it ends badly."""
    command = [sys.executable, str(HERE / f"{name}.py"), *arguments]
    set_up = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | set_up, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode:
        failed.append(name)


if __name__ == "__main__":
    main()
