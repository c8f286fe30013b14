"""Grad-CAM of many findings from one forward pass, and a backward through the tail at most.

Shapes: B images, F findings, C channels, H × W the native grid of the target layer.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.models.classifier import Classifier
from core.saliency.activations import Explained, as_grid, kept_output, tokens_as_grid

_ROUNDINGS = 8
"""How many units in the last place two orders of summation may differ by."""


def gradcam(
    model: Classifier, target_layer: nn.Module, pixels: Tensor, columns: Sequence[int]
) -> Explained:
    """Signed, unnormalised Grad-CAM maps of the logits.

    The map of finding k is Σ_c α_kc A_c with α_kc the mean of ∂logit_k / ∂A_c over the grid.
    Where the features are the mean of A over the grid and the head is linear on them, α_kc is
    w_kc / (H·W), and no backward pass is needed; that is measured on the batch at hand. Otherwise
    A is cut off from the layers before it, and the backward pass ends there: a frozen backbone
    needs no gradient of its own.

    Args:
        model: In eval mode.
        target_layer: The module whose output A is explained: (B, C, H, W), or tokens (B, T, C)
            with the patches last.
        pixels: uint8 (B, S, S).
        columns: The findings' columns among the logits.

    Source:
        Selvaraju et al., Grad-CAM, ICCV 2017, eq. 1 and 2, without the ReLU of eq. 2; the closed
        form is Zhou et al., CAM, CVPR 2016, eq. 2, divided by H·W.
    """
    with (
        torch.enable_grad(),
        kept_output(target_layer, cut=True) as activations,
        kept_output(model.backbone) as features,
    ):
        logits = model(pixels)[:, list(columns)]
    activation = activations[-1]
    if model.adapter is None and _is_mean(features[-1], activation):
        maps = _closed_form(model.head.weight[list(columns)], activation)
    else:
        maps = _through_tail(logits, activation)
    return Explained(maps.detach(), logits.detach().float())


def has_closed_form(model: Classifier, target_layer: nn.Module, pixels: Tensor) -> bool:
    """Whether the maps of a batch need no backward pass.

    Args:
        model: In eval mode.
        target_layer: The module whose output is explained.
        pixels: uint8 (B, S, S).
    """
    with (
        torch.inference_mode(),
        kept_output(target_layer) as activations,
        kept_output(model.backbone) as features,
    ):
        model(pixels)
    return model.adapter is None and _is_mean(features[-1], activations[-1])


def _is_mean(features: Tensor, activation: Tensor) -> bool:
    """Whether features (B, C) are the mean of (B, C, H, W) over the grid, up to rounding."""
    if activation.ndim != 4 or features.shape != activation.shape[:2]:
        return False
    exact = activation.detach().float()
    slack = _ROUNDINGS * torch.finfo(activation.dtype).eps * exact.abs().mean((2, 3))
    return bool(((features.detach().float() - exact.mean((2, 3))).abs() <= slack).all())


def _closed_form(weight: Tensor, activation: Tensor) -> Tensor:
    """Σ_c w_fc A_c / (H·W): (F, C) and (B, C, H, W) to float32 (B, F, H, W)."""
    grid = activation.detach().float().flatten(2)
    return (weight @ grid).div_(grid.shape[2]).unflatten(2, activation.shape[2:])


def _through_tail(logits: Tensor, activation: Tensor) -> Tensor:
    """Backward from every finding at once: float32 (B, F, H, W)."""
    one_per_finding = torch.eye(logits.shape[1], dtype=logits.dtype, device=logits.device)
    cotangents = one_per_finding.unsqueeze(1).expand(-1, len(logits), -1)
    (gradients,) = torch.autograd.grad(
        logits, activation, grad_outputs=cotangents, is_grads_batched=True
    )
    grid, gradients = as_grid(activation.detach()).float(), gradients.float()
    slopes = tokens_as_grid(gradients) if activation.ndim == 3 else gradients
    return torch.einsum("fbc,bchw->bfhw", slopes.mean((-2, -1)), grid)
