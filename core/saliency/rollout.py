"""Attention rollout: how the class token's attention reaches the patches, through all blocks.

Shapes: B images, T tokens, H × W the grid of patches.
"""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from core.errors import ConfigError
from core.models.classifier import Classifier
from core.saliency.activations import Explained, kept_output, tokens_as_grid


def attention_rollout(
    model: Classifier, target_layer: nn.Module, pixels: Tensor, columns: Sequence[int]
) -> Explained:
    """The same map for every finding: attention knows no finding.

    In each block the attention, averaged over heads, is mixed half and half with the residual
    path; the product of all blocks is read at the first token.

    Args:
        model: In eval mode, its backbone a vision transformer of timm.
        target_layer: Not used: all blocks are.
        pixels: uint8 (B, S, S).
        columns: The findings' columns among the logits.

    Raises:
        ConfigError: If the backbone has no attention blocks.

    Source:
        Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020, section 3.
    """
    with torch.inference_mode(), _attention(model.backbone) as weights:
        logits = model(pixels)[:, list(columns)].float()
        flow = _mixed(weights[0][-1])
        for block in weights[1:]:
            flow = _mixed(block[-1]) @ flow
        maps = tokens_as_grid(flow[:, 0, :, None])
    return Explained(maps.expand(-1, len(columns), -1, -1), logits)


def _mixed(attention: Tensor) -> Tensor:
    """Attention (B, heads, T, T) to the flow through one block, float32 (B, T, T)."""
    mean = attention.float().mean(1)
    return (mean + torch.eye(mean.shape[-1], device=mean.device)) / 2


@contextmanager
def _attention(backbone: nn.Module) -> Generator[list[list[Tensor]], None, None]:
    """The attention weights of every block, while the block runs."""
    layers = [module for module in backbone.modules() if hasattr(module, "fused_attn")]
    if not layers:
        raise ConfigError(
            f"Attention rollout needs a vision transformer; {type(backbone).__name__} has no "
            "attention blocks. Take --method gradcam."
        )
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_unfused(layer))
        yield [stack.enter_context(kept_output(_dropout(layer))) for layer in layers]


@contextmanager
def _unfused(layer: nn.Module) -> Generator[None, None, None]:
    """The fused kernel never shows its weights."""
    fused = layer.fused_attn
    layer.fused_attn = False  # pyright: ignore[reportArgumentType]
    try:
        yield
    finally:
        layer.fused_attn = fused


def _dropout(layer: nn.Module) -> nn.Module:
    return layer.get_submodule("attn_drop")
