"""Functions of each value, and what looks along an axis."""

from __future__ import annotations

import math

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.layers.activation import (
    ELU,
    Abs,
    Clip,
    Exp,
    LeakyReLU,
    Log,
    Power,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from engine.layers.arranging import ArgMax, Identity
from engine.layers.base import Layer
from engine.layers.regularization import Dropout
from engine.node import Link

PLAIN: dict[str, type[Layer]] = {
    "Sigmoid": Sigmoid,
    "TanH": Tanh,
    "AbsVal": Abs,
    "BNLL": Softplus,
    "ReLU6": ReLU6,
}
"""Layers without parameters that count."""


@rule(*PLAIN)
def plain(site: Site) -> Link:
    return site.put(PLAIN[site.type]())


@rule("Split")
def split(site: Site) -> tuple[Link, ...]:
    return (site.put(Identity()),) * len(site.tops)


@rule("ReLU")
def relu(site: Site) -> Link:
    slope = site.param("relu_param").get("negative_slope")
    return site.put(LeakyReLU(slope=slope) if slope else ReLU())


@rule("PReLU")
def prelu(site: Site) -> Link:
    given = site.param("prelu_param")
    node = site.put(PReLU(shared=given.get("channel_shared")))
    site.learns(node, "slope", fillers=(given.get("filler") if given.has("filler") else None,))
    return node


@rule("ELU")
def elu(site: Site) -> Link:
    return site.put(ELU(alpha=site.param("elu_param").get("alpha")))


@rule("Swish")
def swish(site: Site) -> Link:
    if site.param("swish_param").get("beta") != 1:
        raise NoLayer("its beta is not 1")
    return site.put(SiLU())


@rule("Clip")
def clip(site: Site) -> Link:
    given = site.param("clip_param")
    return site.put(Clip(low=given.get("min"), high=given.get("max")))


@rule("Power")
def power(site: Site) -> Link:
    given = site.param("power_param")
    return site.put(Power(power=given.get("power"), scale=given.get("scale"), shift=given.get("shift")))


@rule("Exp")
def exp(site: Site) -> Link:
    """base^(shift + scale · x) = exp(ln base · (shift + scale · x)); a base of -1 stands for e."""
    factor = _factor(site, "exp_param")
    scale, shift = (site.param("exp_param").get(name) for name in ("scale", "shift"))
    return site.put(Exp(scale=scale * factor, shift=shift * factor))


@rule("Log")
def log(site: Site) -> Link:
    """log of (shift + scale · x) to the base; a base of -1 stands for e."""
    factor = _factor(site, "log_param")
    scale, shift = (site.param("log_param").get(name) for name in ("scale", "shift"))
    if factor == 1:
        return site.put(Log(scale=scale, shift=shift))
    return site.put(Power(scale=1 / factor), site.put(Log(scale=scale, shift=shift), suffix="_ln"))


def _factor(site: Site, param: str) -> float:
    base = float(site.param(param).get("base"))
    if base == -1:
        return 1.0
    if base <= 0:
        raise NoLayer(f"its base is {base:g}")
    return math.log(base)


@rule("Dropout")
def dropout(site: Site) -> Link:
    given = site.param("dropout_param")
    if given.has("scale_train") and not given.get("scale_train"):
        site.building.note_of_many(
            "approximated", "dropout_param.scale_train", "values are scaled while training, not when used", site.name
        )
    return site.put(Dropout(rate=given.get("dropout_ratio")))


@rule("Softmax")
def softmax(site: Site) -> Link:
    return site.put(Softmax(axis=site.axis(softmax_axis(site))))


def softmax_axis(site: Site) -> int:
    """The classes' axis of a blob."""
    return int(site.param("softmax_param").get("axis"))


@rule("ArgMax")
def argmax(site: Site) -> Link:
    given = site.param("argmax_param")
    if not given.has("axis") or given.get("top_k") != 1 or given.get("out_max_val"):
        raise NoLayer("it tells more than the place of the largest value along an axis")
    return site.put(ArgMax(axis=site.axis(given.get("axis")), keep_axes=True))
