"""The literal table of backbones."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class BackboneSpec:
    """One backbone.

    Args:
        title: For people.
        timm_name: Architecture and weights in timm; the tag names the training that
            `--weights imagenet` takes.
        target_layer: Module whose output Grad-CAM explains, as a dotted path (PROTOCOL section 7).
        last_block: Modules that `--tune last` trains, as dotted paths: the last block and what
            follows it.
        tuning_rate: AdamW's default learning rate where the backbone is tuned (PROTOCOL
            section 6).
        sized: Whether the architecture is made for one image size (position embeddings).
        offline: Whether the package of the extra `offline` carries ImageNet weights for it.
    """

    title: str
    timm_name: str
    target_layer: str
    last_block: tuple[str, ...]
    tuning_rate: float = 1e-4
    sized: bool = False
    offline: bool = False


BACKBONES: Mapping[str, BackboneSpec] = {
    "resnet50": BackboneSpec(
        title="ResNet-50",
        timm_name="resnet50.tv_in1k",
        target_layer="layer4.2",
        last_block=("layer4.2",),
    ),
    "efficientnet_b0": BackboneSpec(
        title="EfficientNet-B0",
        timm_name="efficientnet_b0.ra_in1k",
        target_layer="bn2",
        last_block=("blocks.6", "conv_head", "bn2"),
    ),
    "vit_base_patch16_224": BackboneSpec(
        title="ViT-B/16",
        timm_name="vit_base_patch16_224.augreg_in1k",
        target_layer="blocks.11.norm1",
        last_block=("blocks.11", "norm"),
        tuning_rate=3e-5,
        sized=True,
    ),
    "efficientnet_lite0": BackboneSpec(
        title="EfficientNet-Lite0",
        timm_name="tf_efficientnet_lite0.in1k",
        target_layer="bn2",
        last_block=("blocks.6", "conv_head", "bn2"),
        offline=True,
    ),
}


def last_modules(backbone: nn.Module, spec: BackboneSpec) -> tuple[nn.Module, ...]:
    """The modules that `--tune last` trains."""
    return tuple(backbone.get_submodule(path) for path in spec.last_block)


def target_module(backbone: nn.Module, spec: BackboneSpec) -> nn.Module:
    """The module whose output Grad-CAM explains."""
    return backbone.get_submodule(spec.target_layer)
