"""The plan of a run: what is asked for, and for the rest a rule or a measurement on the user's own network."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args

from engine.backends import BACKENDS, available, backend
from engine.backends.base import Layout, Plan
from engine.errors import DeviceError, Unsupported
from engine.layers.convolution import Conv2D, ConvTranspose2D, DepthwiseConv2D
from engine.network import Network
from engine.training.machine import has_bfloat16, has_compiler

AUTO = "auto"
FLOAT = "float32"
WORTH_MEASURING = 30.0
"""Predicted seconds of training from which on candidates are measured; shorter ones are over before it has paid."""
MACS_PER_SECOND = 2e10
"""What two cores do of a convolution network's training; only good enough for the decision above."""
PASSES = 3
"""A step costs about three forward passes."""

ACCELERATORS = ("cuda:0", "gpu:0", "mps")


@dataclass(frozen=True)
class Wishes:
    """What the person who starts a training says about how it is executed; empty or `auto`: whatever is best here."""

    engine: str = AUTO
    device: str = ""
    layout: str = ""
    threads: int = 0
    deterministic: bool = False
    subset: float = 1.0
    compiled: bool | None = None
    """None: where it is faster by more than compiling takes."""


@dataclass(frozen=True)
class Trial:
    """A plan, the seconds that a step took under it, and what it takes before the first step."""

    plan: Plan
    seconds: float
    before: float = 0.0


def check(wishes: Wishes) -> None:
    """Raises Unsupported or DeviceError for what this machine cannot do, as far as it can be told without measuring."""
    if not available():
        raise Unsupported(f"no engine is installed: netwright trains with {' or '.join(BACKENDS)}")
    if wishes.layout and wishes.layout not in get_args(Layout):
        raise Unsupported(f"there is no layout {wishes.layout!r}; there are: {', '.join(get_args(Layout))}")
    set_threads(threads(wishes))
    if wishes.engine != AUTO:
        device_for(wishes.engine, wishes.device)


def candidates(wishes: Wishes, network: Network, precision: str) -> tuple[Plan, ...]:
    """The plans that could be meant, the likely best first; those that have to be compiled last."""
    engines = (wishes.engine,) if wishes.engine != AUTO else tuple(sorted(available(), reverse=True))
    plans = tuple(
        Plan(
            engine,
            wishes.device,
            numbers,
            layout,
            threads=threads(wishes),
            deterministic=wishes.deterministic,
        )
        for engine in engines
        for numbers in precisions(engine, wishes, precision)
        for layout in layouts(engine, wishes, network)
    )
    if wishes.compiled:
        return tuple(replace(plan, compiled=True) for plan in plans)
    return (*plans, *(replace(plan, compiled=True) for plan in plans if _may_be_compiled(plan, wishes, network)))


def precisions(engine: str, wishes: Wishes, asked: str) -> tuple[str, ...]:
    """What is asked for; `auto` is float32, and bfloat16 where there are units for it."""
    if asked != AUTO:
        return (asked,)
    return (FLOAT, "bfloat16") if engine == "torch" and has_bfloat16(wishes.device) else (FLOAT,)


def _may_be_compiled(plan: Plan, wishes: Wishes, network: Network) -> bool:
    """Whether it is worth a try, in the layout that is likely to be the best."""
    if wishes.compiled is False or plan.backend != "torch" or not has_compiler(wishes.device):
        return False
    return plan.layout == layouts(plan.backend, wishes, network)[0]


def seconds_to_compile(network: Network) -> float:
    """About how long it takes on two cores; only good enough to decide whether to try."""
    return 5.0 + len(network.nodes)


def layouts(engine: str, wishes: Wishes, network: Network) -> tuple[Layout, ...]:
    """Channels last makes torch's convolutions faster; it changes nothing where there are none."""
    if wishes.layout:
        return (cast(Layout, wishes.layout),)
    convolves = any(isinstance(node.layer, (Conv2D, DepthwiseConv2D, ConvTranspose2D)) for node in network.nodes)
    return ("channels_last", "channels_first") if engine == "torch" and convolves else ("channels_first",)


def is_worth_measuring(plans: tuple[Plan, ...], macs: int, samples: int) -> bool:
    """Whether the training is long enough for the best plan to be looked for."""
    return len(plans) > 1 and PASSES * macs * samples / MACS_PER_SECOND > WORTH_MEASURING


def device_for(engine: str, device: str) -> str:
    """`device`, or the best that `engine` finds. Raises DeviceError, listing those that are there."""
    devices = backend(engine).devices()
    if not device:
        return next((name for name in ACCELERATORS if name in devices), "cpu")
    if device not in devices:
        raise DeviceError(f"{engine} finds no device {device!r} here; there are: {', '.join(devices)}")
    return device


def threads(wishes: Wishes) -> int:
    """As many as asked for, as the environment says, or one for each core that we may use."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return wishes.threads or (int(told) if told.isdecimal() and int(told) else cores)


def set_threads(count: int) -> None:
    """Results depend on how many there are; the frameworks' libraries ask for it when they are loaded.

    A thread that waits for the others gives its core back after some 50 microseconds, not milliseconds: where the cores
    are shared, with a window or another program, that is several times faster, and it changes no result.
    """
    os.environ["OMP_NUM_THREADS"] = str(count)
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def as_data(plan: Plan) -> dict[str, Any]:
    """The plan in plain values."""
    return asdict(plan)


def in_words(plan: Plan) -> str:
    """`torch, cpu, bfloat16, channels last, compiled`."""
    words = (plan.backend, plan.device, plan.precision, plan.layout.replace("_", " "), "compiled" * plan.compiled)
    return ", ".join(filter(None, words))


def command(model: Path, plan: Plan, wishes: Wishes) -> str:
    """What to type to train the same once more: the recipe stands in the run's copy of the model."""
    options = {
        "engine": plan.backend,
        "device": plan.device,
        "precision": plan.precision,
        "layout": plan.layout,
        "threads": plan.threads,
        **({"subset": wishes.subset} if wishes.subset != 1 else {}),
    }
    flags = ["--compile" if plan.compiled else "--no-compile", *(["--deterministic"] if plan.deterministic else [])]
    pairs = [f"--{name}={value}" for name, value in options.items()]
    return shlex.join(["netwright", "train", str(model.absolute()), *pairs, *flags])
