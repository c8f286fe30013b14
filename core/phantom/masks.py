"""Where findings are, as boxes and as small packed masks."""

import numpy as np
from numpy.typing import NDArray

from core.phantom.findings.site import Mask
from core.phantom.lettering import Box

MASK_SIDE = 64
"""Cells a side of the stored masks."""


def box_of(mask: Mask) -> Box | None:
    """The smallest box around a mask, as fractions of the image; None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    height, width = mask.shape
    left, top = columns[0] / width, rows[0] / height
    right, bottom = (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return float(left), float(top), float(right - left), float(bottom - top)


def pack(mask: Mask) -> bytes:
    """64 × 64 cells, one bit each, row by row; a cell is set where the mask touches it."""
    rows, columns = (np.arange(side) * MASK_SIDE // side for side in mask.shape)
    cells = np.zeros((MASK_SIDE, MASK_SIDE), dtype=bool)
    y, x = np.nonzero(mask)
    cells[rows[y], columns[x]] = True
    return np.packbits(cells).tobytes()


def unpack(bits: bytes) -> NDArray[np.bool_]:
    """The mask [64, 64] that `pack` stored."""
    cells = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=MASK_SIDE**2)
    return cells.reshape(MASK_SIDE, MASK_SIDE).astype(bool)
