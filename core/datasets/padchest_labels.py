"""Which of PadChest's 193 labels mean one of the findings; all others mean none."""

from core.datasets.labels import LabelMap
from core.findings import Finding

LABELS = LabelMap(
    same_name={
        "atelectasis": Finding.ATELECTASIS,
        "cardiomegaly": Finding.CARDIOMEGALY,
        "consolidation": Finding.CONSOLIDATION,
        "pulmonary edema": Finding.EDEMA,
        "pleural effusion": Finding.EFFUSION,
        "emphysema": Finding.EMPHYSEMA,
        "pulmonary fibrosis": Finding.FIBROSIS,
        "infiltrates": Finding.INFILTRATION,
        "mass": Finding.MASS,
        "nodule": Finding.NODULE,
        "pleural thickening": Finding.PLEURAL_THICKENING,
        "pneumonia": Finding.PNEUMONIA,
        "pneumothorax": Finding.PNEUMOTHORAX,
    },
    narrower={
        "atelectasis basal": (Finding.ATELECTASIS,),
        "laminar atelectasis": (Finding.ATELECTASIS,),
        "lobar atelectasis": (Finding.ATELECTASIS,),
        "round atelectasis": (Finding.ATELECTASIS,),
        "segmental atelectasis": (Finding.ATELECTASIS,),
        "total atelectasis": (Finding.ATELECTASIS,),
        "empyema": (Finding.EFFUSION,),
        "hemothorax": (Finding.EFFUSION,),
        "hydropneumothorax": (Finding.EFFUSION, Finding.PNEUMOTHORAX),
        "loculated fissural effusion": (Finding.EFFUSION,),
        "loculated pleural effusion": (Finding.EFFUSION,),
        "hiatal hernia": (Finding.HERNIA,),
        "pulmonary mass": (Finding.MASS,),
        "multiple nodules": (Finding.NODULE,),
        "apical pleural thickening": (Finding.PLEURAL_THICKENING,),
        "calcified pleural thickening": (Finding.PLEURAL_THICKENING,),
        "atypical pneumonia": (Finding.PNEUMONIA,),
    },
)
"""Masses of breast, pleura, mediastinum and soft tissue are no lung mass and stay out; so do the
kinds of infiltrates, for PadChest's tree counts consolidation among them."""
