"""What contrastive training may put on pooled features: a projection, and an adapter.

Shapes: N images or views, D features, K the embedding.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Adapter(nn.Module):
    """A small residual network on the features of a frozen backbone: x + W₂·GELU(W₁·LN(x)).

    It starts as the identity, so that training departs from the features as they are.

    Args:
        num_features: D.
    """

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(num_features)
        self.inner = nn.Linear(num_features, num_features)
        self.outer = nn.Linear(num_features, num_features)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Float (N, D) → (N, D)."""
        return features + self.outer(F.gelu(self.inner(self.norm(features))))


class Projection(nn.Module):
    """The head of the contrastive stage, thrown away after it: D → D → K, then L2 norm 1.

    Args:
        num_features: D.
        length: K.

    Source:
        Khosla et al., Supervised Contrastive Learning, NeurIPS 2020, section 3.1.
    """

    def __init__(self, num_features: int, length: int) -> None:
        super().__init__()
        self.inner = nn.Linear(num_features, num_features)
        self.outer = nn.Linear(num_features, length)

    def forward(self, features: Tensor) -> Tensor:
        """Float (N, D) → (N, K), each row of length 1."""
        return F.normalize(self.outer(torch.relu(self.inner(features))), dim=-1)
