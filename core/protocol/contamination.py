"""Which public weights have seen which data sets: a number on those is no cross-hospital number.

The words are looked for in the name of a weights file, or in the origin that the run record
keeps; a file under another name is not recognised, so the absence of a sentence proves nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublicWeights:
    """Weights that anyone can download.

    Args:
        title: For people.
        words: Each a set of words, written with plus signs; a name with all of a set means these.
        seen: Adapters of the data sets whose images trained them, with labels or without.
        source: Where that is stated.
    """

    title: str
    words: tuple[str, ...]
    seen: tuple[str, ...]
    source: str


_XRV = "Cohen et al., TorchXRayVision, MIDL 2022, and the package's list of pretrained models"

PUBLIC_WEIGHTS: Mapping[str, PublicWeights] = {
    "xrv-all": PublicWeights(
        title="TorchXRayVision densenet121-res224-all",
        words=("densenet121+res224+all", "xrv+all", "torchxrayvision+all", "nih+pc+chex+openi"),
        seen=("chestxray14", "chexpert", "mimic", "openi", "padchest"),
        source=_XRV,
    ),
    "xrv-nih": PublicWeights(
        title="TorchXRayVision densenet121-res224-nih",
        words=("densenet121+res224+nih", "xrv+nih", "torchxrayvision+nih", "nih+densenet121+d121"),
        seen=("chestxray14",),
        source=_XRV,
    ),
    "xrv-mimic": PublicWeights(
        title="TorchXRayVision densenet121-res224-mimic",
        words=("densenet121+res224+mimic", "xrv+mimic", "torchxrayvision+mimic"),
        seen=("mimic",),
        source=_XRV,
    ),
    "xrv-chex": PublicWeights(
        title="TorchXRayVision densenet121-res224-chex",
        words=("densenet121+res224+chex", "xrv+chex", "torchxrayvision+chex"),
        seen=("chexpert",),
        source=_XRV,
    ),
    "xrv-pc": PublicWeights(
        title="TorchXRayVision densenet121-res224-pc",
        words=("densenet121+res224+pc", "xrv+pc", "torchxrayvision+pc"),
        seen=("padchest",),
        source=_XRV,
    ),
    "xrv-res512": PublicWeights(
        title="TorchXRayVision resnet50-res512-all",
        words=("resnet50+res512", "xrv+res512", "torchxrayvision+res512", "resnet50+test512"),
        seen=("chestxray14", "padchest", "vindr"),
        source=_XRV,
    ),
    "xrv-rsna": PublicWeights(
        title="TorchXRayVision densenet121-res224-rsna",
        words=("densenet121+res224+rsna", "xrv+rsna", "torchxrayvision+rsna"),
        seen=("chestxray14",),
        source=f"{_XRV}; the RSNA challenge's images are ChestX-ray14's",
    ),
    "chexnet": PublicWeights(
        title="CheXNet and its reimplementations",
        words=("chexnet",),
        seen=("chestxray14",),
        source="Rajpurkar et al., CheXNet, arXiv:1711.05225, section 2",
    ),
    "cxformer": PublicWeights(
        title="CXformer",
        words=("cxformer",),
        seen=("chestxray14", "chexpert", "mimic", "padchest"),
        source="Al-Mahrooqi et al., MIDL 2025, and the model card m42-health/CXformer-base",
    ),
    "ark": PublicWeights(
        title="Ark and Ark+",
        words=("ark", "ark6", "ark+plus", "arkplus"),
        seen=("chestxray14", "chexpert", "mimic", "vindr"),
        source="Ma et al., Foundation Ark, MICCAI 2023, table of the six training sets",
    ),
    "rad-dino": PublicWeights(
        title="RAD-DINO",
        words=("rad+dino", "raddino"),
        seen=("chestxray14", "chexpert", "mimic", "padchest"),
        source="Pérez-García et al., RAD-DINO, arXiv:2401.10815, table of the training sets",
    ),
    "biovil": PublicWeights(
        title="BioViL and BioViL-T",
        words=("biovil", "biovilt", "biovil+t"),
        seen=("mimic",),
        source="Boecking et al., ECCV 2022; Bannur et al., CVPR 2023",
    ),
    "medclip": PublicWeights(
        title="MedCLIP",
        words=("medclip",),
        seen=("chexpert", "mimic"),
        source="Wang et al., MedCLIP, EMNLP 2022, section 4.1",
    ),
    "chexzero": PublicWeights(
        title="CheXzero",
        words=("chexzero",),
        seen=("mimic",),
        source="Tiu et al., Nature Biomedical Engineering 2022",
    ),
    "timm": PublicWeights(
        title="ImageNet weights of timm",
        words=("timm", "imagenet", "efficientnet+lite0+pytorch+model"),
        seen=(),
        source="Russakovsky et al., ImageNet, IJCV 2015: photographs, no radiographs",
    ),
}


def contaminated(weights: str, dataset: str) -> str | None:
    """What makes a result on `dataset` with these weights no test of another hospital.

    Args:
        weights: Name or path of a weights file, or the origin that the run record keeps.
        dataset: Adapter of the data set (a row of `DATASETS`), not the name a user gave it.

    Returns:
        One sentence, or None where the table knows of no contact between the two.
    """
    rows = [row for row in PUBLIC_WEIGHTS.values() if _means(weights, row)]
    seen = [row for row in rows if dataset in row.seen]
    if not seen:
        return None
    titles = " or ".join(row.title for row in seen)
    return (
        f"Weights {_file_name(weights)!r} look like {titles}, which have seen images of "
        f"{dataset} ({seen[0].source}); results on it are shown, marked and never ranked."
    )


def _means(weights: str, row: PublicWeights) -> bool:
    found = _words(_file_name(weights))
    return any(set(words.split("+")) <= found for words in row.words)


def _file_name(weights: str) -> str:
    """The file with its folder, which often carries the name (rad-dino/model.safetensors)."""
    return "/".join(weights.replace("\\", "/").removesuffix(".safetensors").split("/")[-2:])


def _words(name: str) -> set[str]:
    return set("".join(each if each.isalnum() else " " for each in name.casefold()).split())
