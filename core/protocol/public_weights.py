"""Weights that anyone can download, and the data sets whose images trained them.

Each row names where that is stated. A cut of a release counts as the release: the images of the
RSNA and SIIM challenges are ChestX-ray14's, those of CXR-LT are MIMIC-CXR's.
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
        confirmed: False where the source says less than `seen`; they count as seen nevertheless.
    """

    title: str
    words: tuple[str, ...]
    seen: tuple[str, ...]
    source: str
    confirmed: bool = True


_XRV = "torchxrayvision/models.py and README.md, github.com/mlmed/torchxrayvision"

PUBLIC_WEIGHTS: Mapping[str, PublicWeights] = {
    "xrv-all": PublicWeights(
        title="TorchXRayVision densenet121-res224-all",
        words=("densenet121+res224+all", "xrv+all", "torchxrayvision+all", "nih+pc+chex+openi"),
        seen=("chestxray14", "chexpert", "mimic", "openi", "padchest"),
        source=f"{_XRV}: nih-pc-chex-mimic_ch-google-openi-kaggle",
    ),
    "xrv-nih": PublicWeights(
        title="TorchXRayVision densenet121-res224-nih",
        words=("densenet121+res224+nih", "xrv+nih", "torchxrayvision+nih", "nih+densenet121+d121"),
        seen=("chestxray14",),
        source=_XRV,
    ),
    "xrv-rsna": PublicWeights(
        title="TorchXRayVision densenet121-res224-rsna",
        words=(
            "densenet121+res224+rsna",
            "xrv+rsna",
            "torchxrayvision+rsna",
            "kaggle+densenet121+d121",
        ),
        seen=("chestxray14",),
        source=f"{_XRV}: kaggle, the RSNA challenge, whose images are ChestX-ray14's",
    ),
    "xrv-mimic": PublicWeights(
        title="TorchXRayVision densenet121-res224-mimic",
        words=(
            "densenet121+res224+mimic",
            "xrv+mimic",
            "torchxrayvision+mimic",
            "mimic+densenet121+d121",
        ),
        seen=("mimic",),
        source=_XRV,
    ),
    "xrv-chex": PublicWeights(
        title="TorchXRayVision densenet121-res224-chex",
        words=(
            "densenet121+res224+chex",
            "xrv+chex",
            "torchxrayvision+chex",
            "chex+densenet121+d121",
        ),
        seen=("chexpert",),
        source=_XRV,
    ),
    "xrv-pc": PublicWeights(
        title="TorchXRayVision densenet121-res224-pc",
        words=("densenet121+res224+pc", "xrv+pc", "torchxrayvision+pc", "pc+densenet121+d121"),
        seen=("padchest",),
        source=_XRV,
    ),
    "xrv-res512": PublicWeights(
        title="TorchXRayVision resnet50-res512-all",
        words=("resnet50+res512", "xrv+res512", "torchxrayvision+res512", "resnet50+test512"),
        seen=("chestxray14", "padchest", "vindr"),
        source=f"{_XRV}: pc-nih-rsna-siim-vin at 512x512",
    ),
    "xrv-autoencoder": PublicWeights(
        title="TorchXRayVision's autoencoder 101-elastic",
        words=("101+elastic", "resnet101+ae"),
        seen=("chestxray14", "chexpert", "mimic", "padchest"),
        source=f"{_XRV}: PadChest, NIH, CheXpert and MIMIC",
    ),
    "jfhealthcare": PublicWeights(
        title="JF Healthcare's DenseNet121 for the CheXpert competition",
        words=("jfhealthcare", "jf+healthcare"),
        seen=("chexpert",),
        source=f"{_XRV}: baseline models",
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
        source="the model card huggingface.co/m42-health/CXformer-base, pretraining data",
    ),
    "ark": PublicWeights(
        title="Ark",
        words=("ark", "ark6"),
        seen=("chestxray14", "chexpert", "mimic", "vindr"),
        source="README.md of github.com/jlianglab/Ark: the six sets of Ark-6",
    ),
    "ark-5": PublicWeights(
        title="Ark-5",
        words=("ark5", "ark+5"),
        seen=("chestxray14", "chexpert", "vindr"),
        source="arXiv:2310.09507: 335,484 images, those of Ark-6 without MIMIC-CXR's",
    ),
    "ark-plus": PublicWeights(
        title="Ark+",
        words=("ark+plus", "arkplus"),
        seen=("chestxray14", "chexpert", "mimic", "vindr"),
        source="Ma et al., Nature 2025, doi:10.1038/s41586-025-09079-8: Ark's public sets and more",
        confirmed=False,
    ),
    "rad-dino": PublicWeights(
        title="RAD-DINO",
        words=("rad+dino", "raddino"),
        seen=("chestxray14", "chexpert", "mimic", "padchest"),
        source="huggingface.co/microsoft/rad-dino, training_images.csv; arXiv:2401.10815",
    ),
    "eva-x": PublicWeights(
        title="EVA-X",
        words=("eva+x", "evax", "merged520k"),
        seen=("chestxray14", "chexpert", "mimic"),
        source="Yao et al., EVA-X, arXiv:2405.05237: merged public sets, tokenised by MGCA",
        confirmed=False,
    ),
    "chexagent": PublicWeights(
        title="CheXagent and its vision encoders",
        words=("chexagent",),
        seen=("chestxray14", "chexpert", "mimic", "openi", "padchest", "vindr"),
        source="data_chexinstruct/dataset_processors of github.com/Stanford-AIMI/CheXagent",
    ),
    "biovil": PublicWeights(
        title="BioViL and BioViL-T",
        words=("biovil", "biovilt", "biovil+t"),
        seen=("mimic",),
        source="the model card huggingface.co/microsoft/BiomedVLP-CXR-BERT-specialized",
    ),
    "mgca": PublicWeights(
        title="MGCA",
        words=("mgca",),
        seen=("mimic",),
        source="README.md of github.com/HKU-MedAI/MGCA, pre-training; arXiv:2210.06044",
    ),
    "gloria": PublicWeights(
        title="GLoRIA",
        words=("gloria",),
        seen=("chexpert",),
        source="README.md of github.com/marshuang80/gloria, representation learning",
    ),
    "medclip": PublicWeights(
        title="MedCLIP",
        words=("medclip",),
        seen=("chexpert", "mimic"),
        source="Wang et al., MedCLIP, EMNLP 2022, arXiv:2210.10163, section 4.1",
        confirmed=False,
    ),
    "chexzero": PublicWeights(
        title="CheXzero",
        words=("chexzero",),
        seen=("mimic",),
        source="README.md of github.com/rajpurkarlab/CheXzero, model checkpoints",
    ),
    "timm": PublicWeights(
        title="ImageNet weights of timm",
        words=("timm", "imagenet", "efficientnet+lite0+pytorch+model"),
        seen=(),
        source="Russakovsky et al., ImageNet, IJCV 2015: photographs, no radiographs",
    ),
}
