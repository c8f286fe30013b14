"""Sums over the first k rows of a permuted table of counts, for many replicates at once.

The rows are cut into blocks. A block's k-th row of all blocks lies side by side in memory, so
that one vectorised addition advances the running sum of every block and every replicate; sums
up to the blocks are then added to those positions only that are asked for.

Shapes: N rows, P patients, C replicates of a chunk, L rows a block, K blocks.
"""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from core.metrics.ratio import Values

MAX_BLOCK_ROWS = 64

Ends = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PrefixSums:
    """Running sums of N rows, for C replicates.

    Args:
        within: uint16, or float64 of weighted rows, [L, K, C]: sums within each block, the row
            itself included.
        before: float64 [K, C], sums of all earlier blocks.
    """

    within: NDArray[np.uint16] | Values
    before: Values

    def at(self, ends: Ends) -> Values:
        """Sums of the first `ends` rows: intp [G] -> float64 [G, C]."""
        block, row = np.divmod(ends, len(self.within))
        num_blocks, num_replicates = self.before.shape
        flat = self.within.reshape(-1, num_replicates)
        sums = np.take(self.before, block, axis=0)
        sums += np.take(flat, row * num_blocks + block, axis=0)
        return sums

    def at_each(self, ends: Ends) -> Values:
        """Sums of the first `ends[c]` rows in replicate c: intp [C] -> float64 [C]."""
        block, row = np.divmod(ends, len(self.within))
        each = np.arange(len(ends))
        return self.before[block, each] + self.within[row, block, each]

    def first_reaching(self, targets: Values) -> Ends:
        """The smallest k whose sum is at least `targets[c]`, in each replicate.

        Args:
            targets: float64 [C], at most the sum of all rows.
        """
        each = np.arange(len(targets))
        block = np.argmax(self.before + self.within[-1] >= targets, axis=0)
        row = np.argmax(self.before[block, each] + self.within[:, block, each] >= targets, axis=0)
        return block * len(self.within) + row


@dataclass(frozen=True, eq=False)
class PrefixLayout:
    """Where the rows of one order stand in memory.

    Args:
        gather: intp [L · K], rows of the table of counts, the k-th rows of all blocks together.
        block_rows: L.
        weights: float64 [L · K, 1], what a row counts for; None where each counts for 1.
    """

    gather: Ends
    block_rows: int
    weights: Values | None = None

    def sums(self, counts: NDArray[np.uint16]) -> PrefixSums:
        """The running sums of `counts`, uint16 [P + 1, C] with zeros in its last row."""
        rows = np.take(counts, self.gather, axis=0)
        weighted = rows if self.weights is None else rows * self.weights
        return prefix_sums(weighted.reshape(self.block_rows, -1, counts.shape[1]))


def prefix_sums(within: NDArray[np.uint16] | Values) -> PrefixSums:
    """Adds up, in place, rows [L, K, C] that stand as the layouts put them."""
    for row in range(1, len(within)):
        within[row] += within[row - 1]
    before = np.zeros(within.shape[1:])
    np.cumsum(within[-1, :-1], axis=0, dtype=np.float64, out=before[1:])
    return PrefixSums(within, before)


def block_places(num_rows: int, max_block_rows: int = MAX_BLOCK_ROWS) -> tuple[Ends, int]:
    """Which row stands at each place of a layout, intp [L · K], and L; K·L may exceed the rows."""
    block_rows = min(max_block_rows, isqrt(num_rows) + 1)
    num_blocks = -(-num_rows // block_rows)
    return np.arange(num_blocks * block_rows).reshape(num_blocks, block_rows).T.ravel(), block_rows


def prefix_layout(rows: Ends, zero_row: int, weights: Values | None = None) -> PrefixLayout:
    """Lays out one order of rows.

    Args:
        rows: intp [N], which row of the table of counts stands at each place of the order.
        zero_row: A row whose counts are 0: the sum of the first 0 rows, and the padding.
        weights: float64 [N], what each place counts for; 1 unless given.
    """
    places, block_rows = block_places(len(rows) + 1)
    padded = np.full(len(places), zero_row, dtype=np.intp)
    padded[1 : len(rows) + 1] = rows
    if weights is None:
        return PrefixLayout(padded[places], block_rows)
    weighted = np.zeros(len(places))
    weighted[1 : len(rows) + 1] = weights
    return PrefixLayout(padded[places], block_rows, weighted[places, None])
