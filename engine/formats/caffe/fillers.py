"""Fillers and initialisers: the distributions of first values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.formats.caffe.message import Message, Word
from engine.initializers import Bilinear, Constant, Fan, He, Initializer, Normal, Uniform, Xavier

_FANS: dict[str, Fan] = {"FAN_IN": "in", "FAN_OUT": "out", "AVERAGE": "average"}
_NORMS = {fan: norm for norm, fan in _FANS.items()}


def initializer_of(filler: Message) -> Initializer | None:
    """What stands for a filler; None where nothing does."""
    make = _MAKE.get(filler.get("type"))
    return make(filler) if make else None


def filler_of(rule: Initializer) -> Message | None:
    """The filler that stands for an initialiser; None where none does."""
    write = _WRITE.get(type(rule))
    if write is None:
        return None
    kind, fields = write(rule)
    return Message("FillerParameter", {"type": [kind], **{name: [value] for name, value in fields.items()}})


def _constant(filler: Message) -> Initializer:
    return Constant(value=filler.get("value"))


def _uniform(filler: Message) -> Initializer:
    return Uniform(low=filler.get("min"), high=filler.get("max"))


def _gaussian(filler: Message) -> Initializer:
    return Normal(mean=filler.get("mean"), deviation=filler.get("std"), sparse=max(0, filler.get("sparse")))


def _xavier(filler: Message) -> Initializer:
    return Xavier(fan=_FANS[filler.get("variance_norm")])


def _msra(filler: Message) -> Initializer:
    return He(fan=_FANS[filler.get("variance_norm")])


def _bilinear(filler: Message) -> Initializer:
    return Bilinear()


_MAKE: dict[str, Callable[[Message], Initializer]] = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
}


_WRITE: dict[type[Initializer], Callable[[Any], tuple[str, dict[str, Any]]]] = {
    Constant: lambda rule: ("constant", {"value": rule.value}),
    Uniform: lambda rule: ("uniform", {"min": rule.low, "max": rule.high}),
    Normal: lambda rule: ("gaussian", {"mean": rule.mean, "std": rule.deviation, **_sparse(rule)}),
    Xavier: lambda rule: ("xavier", {"variance_norm": Word(_NORMS[rule.fan])}),
    He: lambda rule: ("msra", {"variance_norm": Word(_NORMS[rule.fan])}),
    Bilinear: lambda rule: ("bilinear", {}),
}


def _sparse(rule: Normal) -> dict[str, Any]:
    return {"sparse": rule.sparse} if rule.sparse else {}
