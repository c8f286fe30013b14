import polars as pl
import pytest

from cli.classify import as_csv


@pytest.mark.parametrize("name", ["=1+1.png", "+1.png", "-1.png", "@x.png", "\tx.png"])
def test_a_path_that_looks_like_a_formula_begins_with_its_folder(name: str) -> None:
    frame = pl.DataFrame({"path": [name, "plain.png"], "Edema": [0.5, -0.5]})

    _, first, second = as_csv(frame).splitlines()

    assert first.removeprefix('"').startswith(f"./{name[0]}")
    assert second == "plain.png,-0.5"
