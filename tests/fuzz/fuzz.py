"""Hours of bad input: every way in is fed mutated bytes, guided by the lines that they reach.

    python -m tests.fuzz.fuzz --minutes 60 --out build/fuzz
    python -m tests.fuzz.fuzz --minutes 5 --out build/fuzz --targets table-nih,image

Needs atheris (extra `fuzz`). Each target runs in a process of its own for its share of the time.
What neither gave an answer nor a sentence is kept under OUT/findings/, one file for each place in
the code; put it into tests/fuzz/corpus/<target>/ once it is mended.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
_MAX_BYTES = 1 << 16
_LIMITS = ("-rss_limit_mb=4096", "-timeout=60", f"-max_len={_MAX_BYTES}", "-print_final_stats=1")


def main() -> None:
    """Fuzz the targets one after the other; print executions and findings of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--targets", default="")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        fuzz_one(options.one, options.seconds, options.out)
        return
    from tests.fuzz.targets import TARGETS

    names = options.targets.split(",") if options.targets else list(TARGETS)
    seconds = max(1, round(60 * options.minutes / len(names)))
    num_findings = sum(_run(name, seconds, options.out) for name in names)
    print(f"fuzz: {num_findings} findings in {len(names)} targets")
    sys.exit(1 if num_findings else 0)


def fuzz_one(name: str, seconds: int, out: Path) -> None:
    """Feed one target for some seconds; ends the process."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["core", "dashboard", "tomllib", "csv"]):
        from tests.fuzz.targets import TARGETS, is_accepted

    grown = out / "corpus" / name
    grown.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    target = TARGETS[name]
    for content in (*target.seeds(folder), *_kept(name)):
        (grown / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)

    def once(content: bytes) -> None:
        try:
            is_accepted(target, content, folder)
        except Exception as error:
            keep(out, name, content, error)

    atheris.Setup([name, str(grown), f"-max_total_time={seconds}", *_LIMITS], once)
    atheris.Fuzz()


def keep(out: Path, name: str, content: bytes, error: BaseException) -> None:
    """Keep a finding once for each place in this project's code where it arose."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "/core/" in each[0]]
    place = f"{Path(frames[-1][0]).stem}-{frames[-1][1]}" if frames else "outside"
    path = out / "findings" / name / f"{type(error).__name__}-{place}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.with_name(f"{path.name}.txt").write_text("".join(traceback.format_exception(error)))


def _run(name: str, seconds: int, out: Path) -> int:
    command = [sys.executable, "-m", "tests.fuzz.fuzz", "--one", name, "--seconds", str(seconds)]
    log = out / f"{name}.log"
    out.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file:
        done = subprocess.run(
            [*command, "--out", str(out)], stdout=file, stderr=subprocess.STDOUT, check=False
        )
    text = log.read_text(errors="replace")
    executed = re.findall(r"number_of_executed_units: (\d+)", text)
    found = [path for path in (out / "findings" / name).glob("*") if path.suffix != ".txt"]
    crashed = not executed or done.returncode != 0
    print(
        f"{name}: {executed[-1] if executed else '?'} executions, {len(found)} findings"
        + (f", ended with {done.returncode} (see {log})" if crashed else ""),
        flush=True,
    )
    return len(found) + crashed


def _kept(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


if __name__ == "__main__":
    main()
