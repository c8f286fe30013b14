"""A data set on disk to its manifest and boxes."""

from dataclasses import dataclass
from pathlib import Path

from core.datasets.registry import DATASETS
from core.datasets.request import IndexRequest
from core.lookup import lookup
from core.phantom.spec import MARK as PHANTOM_MARK
from core.records import DatasetRecord
from core.specs import parse
from core.store.data import Dataset, DataStore


@dataclass(frozen=True, eq=False)
class Indexed:
    """What was indexed.

    Args:
        dataset: As it stands in the store.
        notes: Sentences about what was changed or left out on the way.
    """

    dataset: Dataset
    notes: tuple[str, ...]


def run(store: DataStore, adapter: str, name: str, request: IndexRequest) -> Indexed:
    """Read, check and store a data set; nothing is written unless all of it is right.

    Args:
        store: Where to.
        adapter: Row of `DATASETS`.
        name: What the data set will be called.
        request: The folder and how to read it.

    Raises:
        ConfigError: If the adapter, the name or an option is wrong.
        DataError: If the data set breaks its format; names every file and row.
    """
    spec = lookup(DATASETS, adapter, "data set adapter")
    synthetic = _is_synthetic(request.root)
    fields = {
        "name": name,
        "adapter": adapter,
        "root": str(request.root.resolve()),
        "tables_only": request.tables_only,
        "labeller": spec.labeller,
        "split_name": "",
        "licence": spec.licence,
        "citation": spec.citation,
        "restricted": spec.restricted and not synthetic,
        "synthetic": synthetic,
    }
    record = parse(DatasetRecord, fields, "data set")
    tables = spec.index(request)
    found = {"split_name": tables.split_name, "labeller": tables.labeller or spec.labeller}
    record = record.model_copy(update=found)
    dataset = store.write_dataset(record, tables.manifest, tables.boxes)
    return Indexed(dataset, tables.notes)


def _is_synthetic(root: Path) -> bool:
    resolved = root.resolve()
    return any((folder / PHANTOM_MARK).is_file() for folder in (resolved, resolved.parent))
