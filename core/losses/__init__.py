"""Losses of the linear head; each takes many heads at once."""

from core.losses.registry import LOSSES, LossSpec

__all__ = ["LOSSES", "LossSpec"]
