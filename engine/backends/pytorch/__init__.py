"""The torch backend: current GPUs, all platforms."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch

import engine.backends.pytorch.activations
import engine.backends.pytorch.arranging
import engine.backends.pytorch.attention
import engine.backends.pytorch.distributed
import engine.backends.pytorch.losses
import engine.backends.pytorch.normalizations
import engine.backends.pytorch.poolings
import engine.backends.pytorch.recurrent
import engine.backends.pytorch.resampling  # noqa: F401 - their rules
from engine.backends import check_device, resident
from engine.backends.base import Array, Plan, Program
from engine.backends.pytorch.program import TorchProgram
from engine.network import Network
from engine.training.recipe import Recipe

name = "torch"

# Batches may be views of read-only data; a program never writes to what it is fed with.
warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
# Weights are kept one by one, under their neutral names.
warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")


def devices() -> tuple[str, ...]:
    """What this build of torch finds here."""
    cuda = tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
    return ("cpu", *cuda, *(("mps",) if torch.backends.mps.is_available() else ()))


def versions() -> Mapping[str, str]:
    """The version of torch and of what it was built for."""
    return {"torch": torch.__version__, "cuda": torch.version.cuda or ""}


def peak_memory(device: str) -> int:
    """As `Backend.peak_memory`."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    # Where the CPU's memory is the GPU's, torch tells what it holds, of which it gives nothing back.
    return int(torch.mps.driver_allocated_memory()) if device == "mps" else resident.peak()


def build(
    network: Network,
    recipe: Recipe,
    plan: Plan,
    weights: Mapping[str, Array] | None = None,
    outputs: tuple[str, ...] = (),
) -> Program:
    """As `Backend.build`."""
    check_device(name, devices(), plan.device)
    return TorchProgram(network, recipe, plan, weights or {}, outputs)
