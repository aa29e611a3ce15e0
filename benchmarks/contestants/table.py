"""Who takes part: a maker of turns each, and what it is told."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from contestants.turns import Turn
from engine.backends.base import Plan

Side = Literal["by hand", "peer", "Netwright"]


@dataclass(frozen=True)
class Contestant:
    """One way of training a network; `maker` is a function `MODULE:NAME` here that takes the network and `options`."""

    name: str
    side: Side
    maker: str
    options: Mapping[str, Any] = field(default_factory=dict)
    precision: str = "float32"
    nets: tuple[str, ...] = ()
    """Where it takes part; empty: everywhere."""

    @property
    def title(self) -> str:
        """What it is called among all."""
        return f"{self.side}: {self.name}"

    def make(self, net: Any) -> Turn:
        """Its turns. Raises ImportError where what it needs is not installed."""
        module, name = self.maker.split(":")
        turn: Turn = getattr(importlib.import_module(f"contestants.{module}"), name)(net, **self.options)
        return turn

    def to_json(self) -> str:
        return json.dumps(asdict(self))


CONVOLVES = ("lenet", "resnet20")
LAST = {"channels_last": True}
LOWER = {"bfloat16": True}
COMPILED = {"compiled": True}

OTHERS = (
    Contestant("torch", "by hand", "by_torch:loop"),
    Contestant("torch, channels last", "by hand", "by_torch:loop", LAST, nets=CONVOLVES),
    Contestant("torch.compile", "by hand", "by_torch:loop", COMPILED),
    Contestant("torch.compile, channels last", "by hand", "by_torch:loop", COMPILED | LAST, nets=CONVOLVES),
    Contestant("MXNet Gluon", "by hand", "by_gluon:loop", {"hybridised": False}),
    Contestant("MXNet Gluon, hybridised", "by hand", "by_gluon:loop", {"hybridised": True}),
    Contestant("MXNet Module", "by hand", "by_gluon:module", nets=("lenet", "mlp")),
    Contestant("Keras on torch", "peer", "by_keras:loop"),
    Contestant("Lightning", "peer", "by_lightning:loop"),
    Contestant("torch, bfloat16", "by hand", "by_torch:loop", LOWER, "bfloat16", ("mlp", "lstm")),
    Contestant("torch, bfloat16, channels last", "by hand", "by_torch:loop", LOWER | LAST, "bfloat16", CONVOLVES),
)


def netwright(plan: Plan) -> Contestant:
    """Netwright under `plan`."""
    said = [name for name, is_so in (("compiled", plan.compiled), (plan.layout, True)) if is_so]
    name = ", ".join((plan.backend, plan.precision, *said)).replace("_", " ")
    return Contestant(name, "Netwright", "ours:loop", {"plan": asdict(plan)}, plan.precision)
