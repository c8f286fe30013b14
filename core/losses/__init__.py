"""Losses: of linear heads, many at once, and of the representation under them."""

from core.losses.registry import LOSSES
from core.losses.spec import LossSpec
from core.losses.supcon import Pairs, SupconSum, pair_masks, supcon

__all__ = ["LOSSES", "LossSpec", "Pairs", "SupconSum", "pair_masks", "supcon"]
