"""Which renderer draws which finding."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from core.findings import Finding
from core.phantom.chest import Chest
from core.phantom.findings import airspace, focal, pleura, volume
from core.phantom.findings.site import Overlay, Site


def unchanged(chest: Chest, severity: float, rng: np.random.Generator) -> Chest:
    """The chest as it is."""
    return chest


@dataclass(frozen=True)
class Renderer:
    """How one finding is drawn.

    Args:
        overlay: Lays the finding over the chest; (site, severity in [0, 1], generator).
        reshape: Changes the chest before anything is drawn, with an equal generator.
    """

    overlay: Callable[[Site, float, np.random.Generator], Overlay]
    reshape: Callable[[Chest, float, np.random.Generator], Chest] = unchanged


RENDERERS: Mapping[Finding, Renderer] = {
    Finding.ATELECTASIS: Renderer(volume.atelectasis, volume.collapse_base),
    Finding.CARDIOMEGALY: Renderer(volume.cardiomegaly, volume.enlarge_heart),
    Finding.CONSOLIDATION: Renderer(airspace.consolidation),
    Finding.EDEMA: Renderer(airspace.edema),
    Finding.EFFUSION: Renderer(pleura.effusion),
    Finding.EMPHYSEMA: Renderer(volume.emphysema, volume.overinflate),
    Finding.FIBROSIS: Renderer(volume.fibrosis, volume.shrink),
    Finding.HERNIA: Renderer(focal.hernia),
    Finding.INFILTRATION: Renderer(airspace.infiltration),
    Finding.MASS: Renderer(focal.mass),
    Finding.NODULE: Renderer(focal.nodule),
    Finding.PLEURAL_THICKENING: Renderer(pleura.pleural_thickening),
    Finding.PNEUMONIA: Renderer(airspace.pneumonia),
    Finding.PNEUMOTHORAX: Renderer(pleura.pneumothorax),
}
