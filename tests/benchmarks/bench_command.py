"""How long `cxr --help` takes, beside a Python that does nothing and one that imports torch.

python tests/benchmarks/bench_command.py [--rounds 7]
"""

import argparse
import statistics
import subprocess
import sys
import time

WANTED_SECONDS = 0.5
HELP = "import sys; sys.argv = ['cxr', '--help']; import cli.main; cli.main.run()"


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    codes = {"ours": HELP, "python": "pass", "torch": "import torch"}
    seconds: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(options.rounds):
        for name, code in codes.items():
            seconds[name].append(_seconds(code))
    ours, python, torch = (statistics.median(each) for each in seconds.values())
    told = f"cxr --help: ours {ours:.2f} s"
    print(f"{told}, wanted {WANTED_SECONDS} s, ratio {WANTED_SECONDS / ours:.2f}")
    print(f"{told}, import torch alone {torch:.2f} s, ratio {torch / ours:.1f}")
    print(f"{told}, bare python {python:.2f} s, ratio {ours / python:.1f}")


def _seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
