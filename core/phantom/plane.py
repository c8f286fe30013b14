"""The image plane: where a pixel lies in the patient, in cm, and smooth fields over it.

x runs to the image's right, which is the patient's left; y runs down; the origin lies in the
midline, half way between the apices and the domes of the diaphragm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.floating]
"""One value per pixel, [side, side], in single precision."""


@dataclass(frozen=True)
class Frame:
    """Which square of the patient's plane the image shows.

    Args:
        width_cm: Side of the square.
        centre_x_cm: Its centre, to the patient's left.
        centre_y_cm: Its centre, down.
        tilt: Clockwise rotation of the patient in the image, in radians.
    """

    width_cm: float
    centre_x_cm: float
    centre_y_cm: float
    tilt: float

    def to_fractions(self, x_cm: Field, y_cm: Field) -> tuple[Field, Field]:
        """Places of points as fractions of the image's side, from its upper left corner."""
        dx, dy = x_cm - self.centre_x_cm, y_cm - self.centre_y_cm
        cosine, sine = np.float32(np.cos(self.tilt)), np.float32(np.sin(self.tilt))
        across = (cosine * dx - sine * dy) / self.width_cm + np.float32(0.5)
        down = (sine * dx + cosine * dy) / self.width_cm + np.float32(0.5)
        return across, down


@dataclass(frozen=True)
class Plane:
    """The pixels of an image and where they lie in the patient.

    Args:
        frame: The square that the image shows.
        side: Pixels a side.
        x_cm: Place of each pixel's centre to the patient's left, [side, side].
        y_cm: Place of each pixel's centre downwards, [side, side].
    """

    frame: Frame
    side: int
    x_cm: Field
    y_cm: Field

    @property
    def pixel_cm(self) -> float:
        """Side of a pixel at the patient."""
        return self.frame.width_cm / self.side


def plane(frame: Frame, side: int) -> Plane:
    """The plane of `side` × `side` pixels that shows `frame`."""
    steps = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / side - np.float32(0.5)
    across, down = steps[None, :] * frame.width_cm, steps[:, None] * frame.width_cm
    cosine, sine = np.float32(np.cos(frame.tilt)), np.float32(np.sin(frame.tilt))
    x_cm = cosine * across + sine * down + np.float32(frame.centre_x_cm)
    y_cm = cosine * down - sine * across + np.float32(frame.centre_y_cm)
    return Plane(frame, side, x_cm, y_cm)


def step(distance: Field, width: float) -> Field:
    """0 below −width/2, 1 above width/2, smooth (cubic) between them."""
    t = np.clip(distance / np.float32(width) + np.float32(0.5), 0, 1)
    return t * t * (3 - 2 * t)


def chord(radius_squared: Field) -> Field:
    """Share of the largest chord through an ellipsoid, at a squared relative distance."""
    return np.sqrt(np.clip(1 - radius_squared, 0, None))


def ellipse(
    where: Plane, centre_cm: tuple[float, float], radii_cm: tuple[float, float], angle: float = 0.0
) -> Field:
    """Squared relative distance from an ellipse's centre: 1 on its outline.

    Args:
        where: The pixels.
        centre_cm: Centre.
        radii_cm: Semi-axes, the first along `angle`.
        angle: Clockwise in the image, from the x axis, in radians.
    """
    dx, dy = where.x_cm - np.float32(centre_cm[0]), where.y_cm - np.float32(centre_cm[1])
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along, across = cosine * dx + sine * dy, cosine * dy - sine * dx
    return (along / np.float32(radii_cm[0])) ** 2 + (across / np.float32(radii_cm[1])) ** 2


def resized(field: Field, side: int) -> Field:
    """`field` resampled to [side, side], bicubic."""
    if field.shape[0] == side:
        return field
    picture = Image.fromarray(np.ascontiguousarray(field, dtype=np.float32))
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC), dtype=np.float32)


def cloud(rng: np.random.Generator, where: Plane, scale_cm: float, octaves: int = 3) -> Field:
    """Cloudy noise of unit variance, whose coarsest structures are about `scale_cm` wide."""
    total = np.zeros((1, 1), dtype=np.float32)
    power = 0.0
    for octave in range(octaves):
        weight = 0.6**octave
        cells = max(round(where.frame.width_cm / scale_cm * 2**octave), 3)
        drawn = rng.standard_normal((cells, cells), dtype=np.float32)
        total = np.float32(weight) * drawn + resized(total, cells)
        # Bicubic interpolation between independent cells keeps about 0.55 of their variance.
        power += 0.55 * weight**2
    return resized(total, where.side) / np.float32(np.sqrt(power))
