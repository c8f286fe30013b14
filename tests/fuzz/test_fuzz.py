"""The short form of `make fuzz`: kept findings, seeds, and a few mutations of every seed."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.fuzz import CORPUS
from tests.fuzz.targets import TARGETS, is_accepted

KEPT = sorted(CORPUS.glob("*/*"))
QUICK = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
IN_PROCESS = sorted(TARGETS.keys() - {"parquet"})
"""Without unsealed tables of ours, whose damage may end polars and this process with it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_that_is_right_is_accepted(name: str, folder: Path) -> None:
    target = TARGETS[name]
    accepted = [is_accepted(target, content, folder) for content in target.seeds(folder)]
    assert any(accepted) or name == "weights"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_finding_stays_mended(path: Path, folder: Path) -> None:
    assert not is_accepted(TARGETS[path.parent.name], path.read_bytes(), folder)


@pytest.mark.parametrize("name", IN_PROCESS)
@given(seed=st.integers(0, 2**32), num_changes=st.integers(1, 8))
@QUICK
def test_mutations_end_in_an_answer_or_a_sentence(
    name: str, folder: Path, seed: int, num_changes: int
) -> None:
    target, rng = TARGETS[name], random.Random(seed)
    content = bytearray(rng.choice(list(target.seeds(folder))))
    for _ in range(num_changes):
        mutate(content, rng)
    is_accepted(target, bytes(content), folder)


def mutate(content: bytearray, rng: random.Random) -> None:
    """Flip, cut, repeat, or put in what parsers stumble over."""
    place = rng.randrange(len(content) + 1)
    match rng.randrange(4):
        case 0 if place < len(content):
            content[place] ^= 1 << rng.randrange(8)
        case 1:
            del content[place : place + rng.randrange(40)]
        case 2:
            content[place:place] = content[place : place + rng.randrange(200)]
        case _:
            content[place:place] = rng.choice(WORDS)


WORDS = (
    *(b"", b"\0", b"\xff\xfe", b'"', b",", b"\n", b"\r", b"-1", b"1e999", b"NaN", b"None"),
    *(b"../../etc/passwd", b"%2e%2e%2f", b"=cmd|' /C calc'!A0", b"[" * 3000, b"{" * 3000),
    *("é".encode("latin-1"), "\u202e".encode(), b"9" * 500, b"<script>alert(1)</script>"),
)
