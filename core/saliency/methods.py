"""The literal table of saliency methods."""

from collections.abc import Mapping
from dataclasses import dataclass

from pytorch_grad_cam import EigenCAM, GradCAM, HiResCAM, ScoreCAM

from core.saliency.gradcam import gradcam
from core.saliency.rollout import attention_rollout
from core.saliency.through_library import Explain, through_library


@dataclass(frozen=True)
class SaliencySpec:
    """One way to say where a model looks.

    Args:
        title: For people.
        explain: Makes the maps of a batch.
        source: Where it was published.
        per_finding: Whether the map depends on the finding.
        signed: Whether values below zero speak against the finding.
        needs_attention: Whether it is for vision transformers alone.
    """

    title: str
    explain: Explain
    source: str
    per_finding: bool = True
    signed: bool = True
    needs_attention: bool = False


SALIENCY: Mapping[str, SaliencySpec] = {
    "gradcam": SaliencySpec(
        title="Grad-CAM",
        explain=gradcam,
        source="Selvaraju et al., ICCV 2017",
    ),
    "gradcam_library": SaliencySpec(
        title="Grad-CAM by pytorch-grad-cam",
        explain=through_library(GradCAM),
        source="Selvaraju et al., ICCV 2017",
    ),
    "hirescam": SaliencySpec(
        title="HiResCAM",
        explain=through_library(HiResCAM),
        source="Draelos and Carin, arXiv 2011.08891",
    ),
    "scorecam": SaliencySpec(
        title="Score-CAM",
        explain=through_library(ScoreCAM, one_image=True),
        source="Wang et al., CVPR workshops 2020",
    ),
    "eigencam": SaliencySpec(
        title="Eigen-CAM",
        explain=through_library(EigenCAM, per_finding=False),
        source="Muhammad and Yeasin, IJCNN 2020",
        per_finding=False,
    ),
    "rollout": SaliencySpec(
        title="Attention rollout",
        explain=attention_rollout,
        source="Abnar and Zuidema, ACL 2020",
        per_finding=False,
        signed=False,
        needs_attention=True,
    ),
}
