"""The literal table of data sets that can be indexed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.datasets import chestxray14, mimic, table
from core.datasets.request import IndexedTables, IndexRequest


@dataclass(frozen=True)
class DatasetSpec:
    """One kind of data set.

    Args:
        title: For people.
        index: Reads and checks the folder.
        labeller: How the labels came to be, for captions.
        licence: Terms of use.
        citation: Whom to cite.
        restricted: Credentialed data, which may not leave the machine.
    """

    title: str
    index: Callable[[IndexRequest], IndexedTables]
    labeller: str
    licence: str
    citation: str
    restricted: bool = False


DATASETS: Mapping[str, DatasetSpec] = {
    "chestxray14": DatasetSpec(
        title="ChestX-ray14 (NIH Clinical Center)",
        index=chestxray14.index,
        labeller="text-mined labels",
        licence="NIH: free use with attribution",
        citation="Wang et al., ChestX-ray8, CVPR 2017",
    ),
    "mimic": DatasetSpec(
        title="MIMIC-CXR-JPG (Beth Israel Deaconess Medical Center)",
        index=mimic.index,
        labeller="labels mined from reports",
        licence="PhysioNet Credentialed Health Data License 1.5.0",
        citation="Johnson et al., MIMIC-CXR-JPG, arXiv:1901.07042, 2019",
        restricted=True,
    ),
    "table": DatasetSpec(
        title="Anyone's images with a CSV of labels",
        index=table.index,
        labeller="labels as given in its table",
        licence="as its owner states",
        citation="its owner",
    ),
}
