"""Where a training stage stands, kept so that it can go on to the same bits.

One safetensors file holds all of it, so that it is whole or not there: the module's tensors, the
optimizer's, and in the metadata the place in the epochs. Nothing else is needed, since every
batch and view is drawn anew from the seed, the epoch and the image.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.errors import ConfigError, DataError
from core.store.atomic import replacing
from core.store.seal import BLANK, KEY, is_whole, seal

_MODULE, _OPTIMIZER = "module.", "optimizer."


@dataclass
class Place:
    """How far a stage has come.

    Args:
        epoch: Epochs that are finished.
        step: Steps of the next epoch that are finished.
        loss: Sum over those steps of the mean loss times the images, float ().
        rows: The curves so far, one row per finished epoch.
    """

    epoch: int = 0
    step: int = 0
    loss: Tensor = field(default_factory=lambda: torch.zeros(()))
    rows: list[dict[str, object]] = field(default_factory=list[dict[str, object]])


@dataclass(frozen=True)
class Checkpoint:
    """The file of one run's training stage.

    Args:
        path: Where it lies.
        made_from: Hash over all that the stage depends on besides the specification.
    """

    path: Path
    made_from: str

    def save(self, module: nn.Module, optimizer: torch.optim.Optimizer, place: Place) -> None:
        """Write where the stage stands, in the place of what was there before."""
        tensors = {_MODULE + name: tensor for name, tensor in module.state_dict().items()}
        for number, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{_OPTIMIZER}{number}.{name}": value for name, value in state.items()}
        tensors["loss"] = place.loss
        metadata = {
            "made_from": self.made_from,
            KEY: BLANK,
            "place": json.dumps({"epoch": place.epoch, "step": place.step, "rows": place.rows}),
        }
        contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
        with replacing(self.path) as temporary:
            save_file(contiguous, temporary, metadata)
            seal(temporary)

    def load(self, module: nn.Module, optimizer: torch.optim.Optimizer) -> Place:
        """Bring module and optimizer to where the stage stood; the start where there is no file.

        Raises:
            DataError: If the file is damaged.
            ConfigError: If it was made from other data or weights.
        """
        if not self.path.exists():
            return Place()
        try:
            if is_whole(self.path) is False:
                raise SafetensorError("it is not what was written")
            tensors = load_file(self.path)
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata()
        except (SafetensorError, OSError) as error:
            raise DataError(
                f"{self.path}: this checkpoint cannot be read; remove it and run again."
            ) from error
        if metadata["made_from"] != self.made_from:
            raise ConfigError(
                f"{self.path}: was made from an earlier index or other weights; "
                "remove it and run again."
            )
        module.load_state_dict(_under(_MODULE, tensors))
        _load_optimizer(optimizer, _under(_OPTIMIZER, tensors))
        return Place(**json.loads(metadata["place"]), loss=tensors["loss"])

    def remove(self) -> None:
        """Forget it, once the run is done."""
        self.path.unlink(missing_ok=True)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})
