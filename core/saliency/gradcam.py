"""Grad-CAM of many findings from one forward pass and one backward through the tail.

Shapes: B images, F findings, C channels, H × W the native grid of the target layer.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Explained(NamedTuple):
    """Maps, and the logits that they explain.

    Args:
        maps: float32 (B, F, H, W), signed and unnormalised.
        logits: float32 (B, F).
    """

    maps: Tensor
    logits: Tensor


def gradcam(
    model: nn.Module, target_layer: nn.Module, pixels: Tensor, columns: Sequence[int]
) -> Explained:
    """Signed, unnormalised Grad-CAM maps of the logits.

    The map of finding k is Σ_c α_kc A_c with α_kc the mean of ∂logit_k / ∂A_c over the grid.
    The target layer's output A is cut off from the layers before it, so that the backward pass
    ends there and a frozen backbone needs no gradient of its own.

    Args:
        model: uint8 (B, S, S) to logits (B, 14), in eval mode.
        target_layer: The module whose output A is explained: (B, C, H, W), or tokens
            (B, 1 + H·W, C) with the class token first.
        pixels: uint8 (B, S, S).
        columns: The findings' columns among the logits.

    Source:
        Selvaraju et al., Grad-CAM, ICCV 2017, eq. 1 and 2, without the ReLU of eq. 2.
    """
    kept: list[Tensor] = []

    def cut(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[0]

    handle = target_layer.register_forward_hook(cut)
    try:
        with torch.enable_grad():
            logits = model(pixels)[:, list(columns)]
    finally:
        handle.remove()
    activation = kept[0]
    one_per_finding = torch.eye(len(columns), dtype=logits.dtype, device=logits.device)
    cotangents = one_per_finding.unsqueeze(1).expand(-1, len(pixels), -1)
    (gradients,) = torch.autograd.grad(
        logits, activation, grad_outputs=cotangents, is_grads_batched=True
    )
    maps = _maps(activation.detach().float(), gradients.float())
    return Explained(maps, logits.detach().float())


def _maps(activation: Tensor, gradients: Tensor) -> Tensor:
    """A (B, C, H, W) or tokens, and its gradients (F, …), to maps (B, F, H, W)."""
    if activation.ndim == 3:
        activation, gradients = _as_grid(activation), _as_grid(gradients)
    alpha = gradients.mean((-2, -1))
    return torch.einsum("fbc,bchw->bfhw", alpha, activation)


def _as_grid(tokens: Tensor) -> Tensor:
    """Tokens (…, 1 + H·W, C) without the class token, as (…, C, H, W)."""
    patches = tokens[..., 1:, :]
    side = round(patches.shape[-2] ** 0.5)
    return patches.unflatten(-2, (side, side)).movedim(-1, -3)
