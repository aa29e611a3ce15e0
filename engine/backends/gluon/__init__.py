"""The MXNet backend: symbolic graphs on the CPU, and on CUDA devices where MXNet was built for them."""

from __future__ import annotations

from collections.abc import Mapping

import engine.backends.gluon.activations
import engine.backends.gluon.arranging
import engine.backends.gluon.attention
import engine.backends.gluon.convolutions
import engine.backends.gluon.distributed
import engine.backends.gluon.losses
import engine.backends.gluon.normalizations
import engine.backends.gluon.poolings
import engine.backends.gluon.recurrent
import engine.backends.gluon.resampling  # noqa: F401 - their rules
from engine.backends import check_device, resident
from engine.backends.base import Array, Plan, Program
from engine.backends.gluon.framework import mx
from engine.backends.gluon.program import GluonProgram
from engine.network import Network
from engine.training.recipe import Recipe

name = "mxnet"


def devices() -> tuple[str, ...]:
    """What this build of MXNet finds here."""
    has_cuda = mx.runtime.Features().is_enabled("CUDA")
    return ("cpu", *(f"gpu:{number}" for number in range(mx.context.num_gpus() if has_cuda else 0)))


def versions() -> Mapping[str, str]:
    """The version of MXNet and what it was built with."""
    features = mx.runtime.Features()
    return {"mxnet": mx.__version__, "mkldnn": str(features.is_enabled("MKLDNN")).lower()}


def peak_memory(device: str) -> int:
    """As `Backend.peak_memory`. MXNet gives nothing back to a GPU, so what is taken now is the most."""
    kind, _, number = device.partition(":")
    if kind != "gpu":
        return resident.peak()
    free, total = mx.context.gpu_memory_info(int(number))
    return int(total - free)


def build(
    network: Network,
    recipe: Recipe,
    plan: Plan,
    weights: Mapping[str, Array] | None = None,
    outputs: tuple[str, ...] = (),
) -> Program:
    """As `Backend.build`."""
    check_device(name, devices(), plan.device)
    return GluonProgram(network, recipe, plan, weights or {}, outputs)
