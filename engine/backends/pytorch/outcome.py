"""What torch gave, on its way to numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.backends.base import Array, Outcome
from engine.backends.graph import Source
from engine.backends.phases import Phase, written
from engine.backends.pytorch.runner import Values


@dataclass(frozen=True)
class Part:
    """What one piece of a batch gave: its share of the samples, the values kept."""

    share: float
    values: Mapping[Source, Tensor]


@dataclass(frozen=True)
class TorchPending:
    """An outcome in torch's hands; on a CUDA device it may be asked for as soon as `is_there` has happened."""

    phase: Phase
    parts: Sequence[Part]
    is_there: torch.Event | None = None

    def fetch(self) -> Outcome:
        if self.is_there is not None:
            self.is_there.synchronize()
        losses = {name: factor * self._mean((name, 0)) for name, factor in self.phase.losses.items()}
        outputs = {written(source): self._whole(source) for source in self.phase.reported}
        return Outcome(sum(losses.values()), losses, outputs)

    def _mean(self, source: Source) -> float:
        return sum(part.share * float(part.values[source]) for part in self.parts)

    def _whole(self, source: Source) -> Array:
        pieces = [to_numpy(part.values[source]) for part in self.parts]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def pending(phase: Phase, parts: Sequence[Part], device: torch.device) -> TorchPending:
    """The outcome of `parts`, on its way.

    From a CUDA device it is copied right behind the step, into pinned memory: who asks for it then waits for this step,
    and not for the next one, which has begun by then.
    """
    if device.type != "cuda":
        return TorchPending(phase, parts)
    copied = [Part(part.share, {source: leaving(value) for source, value in part.values.items()}) for part in parts]
    is_there = torch.Event(device=device)
    is_there.record()
    return TorchPending(phase, copied, is_there)


def placed(tensor: Tensor, device: torch.device, form: torch.memory_format) -> Tensor:
    """On the device, images in the layout `form`. To CUDA from pinned memory, so that nobody waits for it."""
    form = form if tensor.ndim == 4 else torch.preserve_format
    if device.type != "cuda":
        return tensor.to(device, memory_format=form)
    return tensor.pin_memory().to(device, non_blocking=True).to(memory_format=form)


def carried(arriving: Mapping[str, Tensor]) -> Values:
    """What was fed in, as values of its sources: it never left the processor's memory."""
    return {(name, 0): tensor for name, tensor in arriving.items()}


def leaving(tensor: Tensor) -> Tensor:
    """A tensor on its way to pinned memory of the processor."""
    return tensor.detach().to("cpu", non_blocking=True)


def to_numpy(tensor: Tensor) -> Array:
    """As numpy has it, in float32 where it is a number."""
    tensor = tensor.detach().cpu()
    return (tensor.float() if tensor.is_floating_point() else tensor).numpy()
