"""What a target layer put out, as a grid of channels.

Shapes: B images, C channels, H × W the native grid of the target layer.
"""

from collections.abc import Generator
from contextlib import contextmanager
from math import isqrt
from typing import NamedTuple

from torch import Tensor, nn


class Explained(NamedTuple):
    """Maps, and the logits that they explain.

    Args:
        maps: float32 (B, F, H, W), signed and unnormalised.
        logits: float32 (B, F).
    """

    maps: Tensor
    logits: Tensor


def as_grid(activation: Tensor) -> Tensor:
    """(…, C, H, W) as it is; tokens (…, T, C) without those before the patches, as a grid.

    The patches are the last ones, and as many as the largest square among T: of the 197 tokens
    of a ViT at 224 px, one is the class token and 14 × 14 are patches.

    Args:
        activation: Of a CNN (B, C, H, W), or tokens (B, T, C).
    """
    if activation.ndim != 3:
        return activation
    return tokens_as_grid(activation)


def tokens_as_grid(tokens: Tensor) -> Tensor:
    """Tokens (…, T, C) as a grid (…, C, H, W) of the patches."""
    side = isqrt(tokens.shape[-2])
    return tokens[..., -side * side :, :].unflatten(-2, (side, side)).movedim(-1, -3)


@contextmanager
def kept_output(module: nn.Module, cut: bool = False) -> Generator[list[Tensor], None, None]:
    """The outputs of `module`, in a list, while the block runs; no hook is left behind.

    Args:
        module: Whose outputs.
        cut: Whether its output starts the graph anew, so that a backward pass ends there and the
            layers before it need no gradient.
    """
    kept: list[Tensor] = []

    def keep(_: nn.Module, inputs: object, output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_() if cut else output)
        return kept[-1]

    handle = module.register_forward_hook(keep)
    try:
        yield kept
    finally:
        handle.remove()
