import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.numpy import save_file

from core.store.parquet import write_table
from core.store.seal import BLANK, KEY, is_whole, seal, unsealed, with_seal
from core.tables import COMPOSITES

TEXT = json.dumps({"a": 1, "b": [{"c": "d"}]}, indent=2)


def table(path: Path) -> None:
    frame = pl.DataFrame(
        {"image_id": ["a", "b"], "composite": ["Lung Lesion"] * 2, "value": [1, 0]},
        COMPOSITES.schema,
    )
    write_table(path, COMPOSITES, frame, {"weights": {"sha256": "0" * 64}})


def tensors(path: Path) -> None:
    save_file({"weight": np.ones((3, 2), np.float32)}, path, {"place": "{}", KEY: BLANK})
    seal(path)


def record(path: Path) -> None:
    path.write_text(with_seal(TEXT))


WRITERS = {"parquet": table, "safetensors": tensors, "json": record}


@pytest.fixture(params=WRITERS)
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"file.{request.param}"
    WRITERS[request.param](path)
    return path


def test_a_file_as_it_was_written_is_whole(sealed: Path) -> None:
    assert is_whole(sealed) is True


def test_no_byte_can_change_unseen(sealed: Path) -> None:
    """Where a changed byte takes the word "seal" itself away, no hash is left to be believed."""
    content = sealed.read_bytes()
    word = content.rindex(KEY.encode())
    for place in range(0, len(content), 1 + len(content) // 1500):
        changed = bytearray(content)
        changed[place] ^= 1
        sealed.write_bytes(changed)
        hidden = word - 1 <= place < word + len(KEY) + 5
        assert is_whole(sealed) is False or hidden, place


@pytest.mark.parametrize("num_bytes", [0, 1, 9, 150, -1])
@pytest.mark.parametrize("kind", ["parquet", "safetensors"])
def test_a_file_that_was_cut_is_not_whole(tmp_path: Path, kind: str, num_bytes: int) -> None:
    path = tmp_path / "file"
    WRITERS[kind](path)
    path.write_bytes(path.read_bytes()[:num_bytes])

    assert is_whole(path) is False


def test_a_file_of_an_earlier_version_carries_no_hash(tmp_path: Path) -> None:
    old = tmp_path / "old.parquet"
    pl.DataFrame({"a": [1]}).write_parquet(old)

    assert is_whole(old) is None


def test_a_record_is_read_as_it_was_before(tmp_path: Path) -> None:
    assert json.loads(unsealed(with_seal(TEXT).encode())) == json.loads(TEXT)
    assert unsealed(TEXT.encode()) == TEXT.encode()


def test_a_record_that_was_changed_by_hand_is_refused() -> None:
    with pytest.raises(ValueError, match="is not what was written"):
        unsealed(with_seal(TEXT).encode().replace(b'"a": 1', b'"a": 2'))
