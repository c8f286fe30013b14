"""The literal table of data sets that can be indexed."""

from collections.abc import Mapping

from core.datasets import (
    chestxray14,
    chestxray14_splits,
    chexpert,
    mimic,
    openi,
    padchest,
    padchest_labels,
    table,
    vindr,
    vindr_kaggle,
    vindr_votes,
)
from core.datasets.labels import ALL_FOURTEEN, CHEXPERT_LABELS
from core.datasets.spec import DatasetSpec, PublishedCounts
from core.findings import Finding

__all__ = ["DATASETS", "DatasetSpec", "PublishedCounts"]

DATASETS: Mapping[str, DatasetSpec] = {
    "chestxray14": DatasetSpec(
        title="ChestX-ray14 (NIH Clinical Center)",
        index=chestxray14.index,
        splits=chestxray14_splits.SPLITS,
        labeller="text-mined labels",
        licence="NIH: free use with attribution",
        citation="Wang et al., ChestX-ray8, CVPR 2017",
        label_map=ALL_FOURTEEN,
        published=PublishedCounts(
            source="the release's own tables and its README_CHESTXRAY.pdf",
            num_images=112_120,
            num_patients=30_805,
            per_split={"train+val": 86_524, "test": 25_596},
            positives={
                Finding.ATELECTASIS: 11_559,
                Finding.CARDIOMEGALY: 2_776,
                Finding.CONSOLIDATION: 4_667,
                Finding.EDEMA: 2_303,
                Finding.EFFUSION: 13_317,
                Finding.EMPHYSEMA: 2_516,
                Finding.FIBROSIS: 1_686,
                Finding.HERNIA: 227,
                Finding.INFILTRATION: 19_894,
                Finding.MASS: 5_782,
                Finding.NODULE: 6_331,
                Finding.PLEURAL_THICKENING: 3_385,
                Finding.PNEUMONIA: 1_431,
                Finding.PNEUMOTHORAX: 5_302,
            },
        ),
    ),
    "mimic": DatasetSpec(
        title="MIMIC-CXR-JPG (Beth Israel Deaconess Medical Center)",
        index=mimic.index,
        splits=mimic.SPLITS,
        labeller="labels mined from reports",
        licence="PhysioNet Credentialed Health Data License 1.5.0",
        citation="Johnson et al., MIMIC-CXR-JPG, arXiv:1901.07042, 2019",
        restricted=True,
        label_map=CHEXPERT_LABELS,
        published=PublishedCounts(
            # Patients: arXiv:1901.07042 and mimic.mit.edu give different numbers.
            source="physionet.org/content/mimic-cxr-jpg/2.1.0; the splits are its split table's",
            num_images=377_110,
            num_patients=None,
            per_split={"train": 368_960, "val": 2_991, "test": 5_159},
        ),
    ),
    "chexpert": DatasetSpec(
        title="CheXpert (Stanford Hospital)",
        index=chexpert.index,
        splits=chexpert.SPLITS,
        labeller="CheXpert labeller's labels, mined from reports; the test split by radiologists",
        licence="Stanford University Dataset Research Use Agreement",
        citation="Irvin et al., CheXpert, AAAI 2019",
        restricted=True,
        label_map=CHEXPERT_LABELS,
        published=PublishedCounts(
            # The paper's 224,316 images of 65,240 patients count valid.csv and test.csv together.
            source="train.csv of CheXpert-v1.0; arXiv:1901.07031",
            num_images=None,
            num_patients=None,
            per_split={"train+val": 223_414},
        ),
    ),
    "padchest": DatasetSpec(
        title="PadChest (Hospital San Juan, Alicante)",
        index=padchest.index,
        splits=padchest.SPLITS,
        labeller="labels of reports, by physicians and by a network",
        licence="PadChest Dataset Research Use Agreement",
        citation="Bustos et al., PadChest, Medical Image Analysis 2020",
        restricted=True,
        label_map=padchest_labels.LABELS,
    ),
    "vindr": DatasetSpec(
        title="VinDr-CXR (Hospital 108 and Hanoi Medical University Hospital)",
        index=vindr.index,
        splits=vindr.SPLITS,
        labeller="radiologists' labels of images: majority of three, consensus of five in test",
        licence="PhysioNet Credentialed Health Data License 1.5.0",
        citation="Nguyen et al., VinDr-CXR, Scientific Data 2022",
        restricted=True,
        label_map=vindr_votes.LABELS,
        published=PublishedCounts(
            source="Nguyen et al., arXiv:2012.15029, abstract",
            num_images=18_000,
            num_patients=None,
            per_split={"train+val": 15_000, "test": 3_000},
        ),
    ),
    "vindr-kaggle": DatasetSpec(
        title="VinBigData (Kaggle's cut of VinDr-CXR)",
        index=vindr_kaggle.index,
        splits=vindr_kaggle.SPLITS,
        labeller="radiologists' labels of images: majority of three",
        licence="the rules of Kaggle's VinBigData competition",
        citation="Nguyen et al., VinDr-CXR, Scientific Data 2022",
        restricted=True,
        label_map=vindr_kaggle.LABELS,
    ),
    "openi": DatasetSpec(
        title="Open-I (Indiana University)",
        index=openi.index,
        splits=openi.SPLITS,
        labeller="indexers' terms of reports",
        licence="CC BY-NC-ND 4.0",
        citation="Demner-Fushman et al., JAMIA 2016",
        label_map=openi.LABELS,
    ),
    "table": DatasetSpec(
        title="Anyone's images with a CSV of labels",
        index=table.index,
        splits=table.SPLITS,
        labeller="labels as given in its table",
        licence="as its owner states",
        citation="its owner",
        restricted=True,
        may_be_opened=True,
    ),
}
