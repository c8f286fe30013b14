"""How unlike the source an image is: by its features, its brightness and its contrast.

Shapes: M images of source train, V of source validation, N new ones, D features, S pixels a side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

Values = NDArray[np.float32]

NUM_NEIGHBOURS = 10
MAX_IMAGES = 2000
"""Images of either split that are kept; drawn with the run's seed where there are more."""

FAR_QUANTILE = 0.99
"""An image is unlike the source where fewer than 1 % of source validation are farther."""

EXTREME_QUANTILE = 0.005
"""Or where its brightness or contrast lies in the outermost 0.5 % on either side."""


@dataclass(frozen=True, eq=False)
class SourceLooks:
    """What a run's source looks like.

    Args:
        bank: float32 [M, D], features of source train, each of length 1.
        distances: float32 [V], of source validation to the bank, rising.
        brightness: float32 [V], mean grey value of source validation, 0 to 255, rising.
        contrast: float32 [V], standard deviation of its grey values, rising.
    """

    bank: Values
    distances: Values
    brightness: Values
    contrast: Values


@dataclass(frozen=True)
class Unlikeness:
    """Where one image lies among source validation, as quantiles from 0 to 1.

    Args:
        distance: Share of source validation that is nearer to source train.
        brightness: Share that is darker.
        contrast: Share that is flatter.
        num_images: V.
    """

    distance: float
    brightness: float
    contrast: float
    num_images: int

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is unlike the source; none where it is not."""
        found = ["its features are farther from the source"] * (self.distance > FAR_QUANTILE)
        shares = [self.distance] * len(found)
        for quantile, low, high in (
            (self.brightness, "darker", "brighter"),
            (self.contrast, "flatter", "harsher"),
        ):
            if quantile < EXTREME_QUANTILE or quantile > 1 - EXTREME_QUANTILE:
                found.append(f"it is {low if quantile < EXTREME_QUANTILE else high}")
                shares.append(max(quantile, 1 - quantile))
        return tuple(
            f"{what} than {100 * share:.1f} % of the {self.num_images:,} images of its validation"
            for what, share in zip(found, shares, strict=True)
        )


def source_looks(train: Values, val: Values, val_pixels: NDArray[np.uint8]) -> SourceLooks:
    """Describe a source by its features and grey values.

    Args:
        train: float32 [M, D].
        val: float32 [V, D].
        val_pixels: uint8 [V, S, S].
    """
    bank = _unit(train)
    mean, spread = _grey_values(val_pixels)
    return SourceLooks(bank, np.sort(_distances(bank, val)), np.sort(mean), np.sort(spread))


def unlikeness(
    looks: SourceLooks, features: Values, pixels: NDArray[np.uint8]
) -> tuple[Unlikeness, ...]:
    """Where new images lie among those of source validation.

    The distance is the one to the k-th nearest image of source train (k = 10), in features of
    length 1.

    Args:
        looks: The source.
        features: float32 [N, D].
        pixels: uint8 [N, S, S].

    Source:
        Sun et al., Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022.
    """
    mean, spread = _grey_values(pixels)
    columns = (
        _quantiles(looks.distances, _distances(looks.bank, features)),
        _quantiles(looks.brightness, mean),
        _quantiles(looks.contrast, spread),
    )
    num_images = len(looks.distances)
    return tuple(
        Unlikeness(float(distance), float(brightness), float(contrast), num_images)
        for distance, brightness, contrast in zip(*columns, strict=True)
    )


def _unit(features: Values) -> Values:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(length, np.finfo(np.float32).tiny)


def _distances(bank: Values, features: Values) -> Values:
    num_neighbours = min(NUM_NEIGHBOURS, len(bank))
    nearest = NearestNeighbors(n_neighbors=num_neighbours).fit(bank)
    return nearest.kneighbors(_unit(features))[0][:, -1].astype(np.float32)


def _grey_values(pixels: NDArray[np.uint8]) -> tuple[Values, Values]:
    mean = np.array([image.mean() for image in pixels], np.float32)
    return mean, np.array([image.std() for image in pixels], np.float32)


def _quantiles(rising: Values, values: Values) -> NDArray[np.float64]:
    return np.searchsorted(rising, values, side="left") / len(rising)
