"""The network of a training stage: an encoder whose tuned parts learn, and what stands on top."""

import torch
from timm.layers.norm_act import convert_sync_batchnorm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm  # pyright: ignore[reportPrivateUsage]

from core.errors import ConfigError
from core.specs import TuneSpec
from core.training.distributed import World


class Trainee(nn.Module):
    """An encoder, of which the learning modules are trained, and a top that always is.

    Args:
        encoder: Images or features to features.
        learning: The modules of the encoder that are trained; or the encoder itself.
        top: Features to what the objective takes.
        spec: Of the stage.
    """

    def __init__(
        self, encoder: nn.Module, learning: tuple[nn.Module, ...], top: nn.Module, spec: TuneSpec
    ) -> None:
        super().__init__()
        self.encoder, self.top, self.spec = encoder, top, spec
        self._learning = {id(each) for part in learning for each in part.modules()}
        encoder.requires_grad_(requires_grad=False)
        for part in learning:
            part.requires_grad_()

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, …) → (B, K); the top computes in float32, whatever the precision."""
        is_mixed = self.spec.precision == "bf16"
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=is_mixed):
            features = self.encoder(inputs)
        return self.top(features.float())

    def learn(self) -> None:
        """Training mode for what learns; BatchNorm that keeps its statistics stays in eval mode."""
        self.train()
        keeps_statistics = self.spec.batch_norm == "eval"
        for module in self.encoder.modules():
            is_kept = isinstance(module, BatchNorm) and keeps_statistics
            module.training = id(module) in self._learning and not is_kept


def shared_statistics(
    encoder: nn.Module, spec: TuneSpec, world: World, device: torch.device
) -> nn.Module:
    """The encoder with BatchNorm that sees the batches of all processes.

    Raises:
        ConfigError: If the processes run on CPUs, where SyncBatchNorm does not.
    """
    has_norms = any(isinstance(each, BatchNorm) for each in encoder.modules())
    if world.size == 1 or not has_norms or spec.batch_norm == "eval":
        return encoder
    if device.type != "cuda":
        raise ConfigError(
            "BatchNorm cannot see the batches of several CPU processes (SyncBatchNorm runs on "
            "CUDA only); use --batch-norm eval, one process, or a backbone without BatchNorm."
        )
    return convert_sync_batchnorm(encoder)
