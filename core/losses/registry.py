"""The literal table of losses."""

from collections.abc import Mapping

from core.losses.asymmetric import asymmetric
from core.losses.balance import equal, inverse_odds
from core.losses.bce import bce
from core.losses.focal import focal
from core.losses.spec import LossSpec

LOSSES: Mapping[str, LossSpec] = {
    "bce": LossSpec(
        title="Binary cross-entropy",
        label_loss=bce,
        positive_weight=equal,
        calibrated=True,
        representation=False,
        citation="Bishop, Pattern Recognition and Machine Learning, 2006, eq. 4.90",
    ),
    "weighted_bce": LossSpec(
        title="Weighted binary cross-entropy",
        label_loss=bce,
        positive_weight=inverse_odds,
        calibrated=False,
        representation=False,
        citation="Rajpurkar et al., CheXNet, arXiv:1711.05225, 2017, eq. 1",
    ),
    "focal": LossSpec(
        title="Focal",
        label_loss=focal,
        positive_weight=equal,
        calibrated=False,
        representation=False,
        citation="Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, eq. 5",
    ),
    "asymmetric": LossSpec(
        title="Asymmetric",
        label_loss=asymmetric,
        positive_weight=equal,
        calibrated=False,
        representation=False,
        citation="Ridnik et al., Asymmetric Loss for Multi-Label Classification, ICCV 2021",
    ),
    "supcon": LossSpec(
        title="Supervised contrastive",
        label_loss=bce,
        positive_weight=equal,
        calibrated=True,
        representation=True,
        citation="Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, eq. 2",
    ),
}
