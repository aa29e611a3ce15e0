"""Several inputs made into one."""

from __future__ import annotations

from engine.formats.caffe.building import NoLayer, Site, rule
from engine.formats.caffe.message import Message
from engine.layers.activation import Power
from engine.layers.merge import Add, Concat, Maximum, Multiply, Subtract
from engine.layers.reshape import Reshape
from engine.node import Link


@rule("Concat")
def concat(site: Site) -> Link:
    given = site.param("concat_param")
    return site.put(Concat(axis=site.axis(given.get("concat_dim" if given.has("concat_dim") else "axis"))))


@rule("Eltwise")
def eltwise(site: Site) -> Link:
    given = site.param("eltwise_param")
    operation = str(given.get("operation"))
    if operation != "SUM":
        return site.put(Multiply() if operation == "PROD" else Maximum())
    factors = [float(factor) for factor in given.all("coeff")] or [1.0] * len(site.inputs)
    if len(factors) != len(site.inputs):
        raise NoLayer(f"has {len(factors)} factors for {len(site.inputs)} inputs")
    if factors[0] == 1 and len(factors) > 1 and all(factor == -1 for factor in factors[1:]):
        return site.put(Subtract())
    terms = (_times(site, link, factor) for link, factor in zip(site.inputs, factors, strict=True))
    return site.put(Add(), *terms)


def _times(site: Site, link: Link, factor: float) -> Link:
    return link if factor == 1 else site.put(Power(scale=factor), link, suffix="_times")


def scaled(site: Site, given: Message) -> Link:
    """Scale with a second input: its axes stand for those of the first from `axis` on."""
    if given.get("bias_term"):
        raise NoLayer("it multiplies two inputs and learns a constant")
    return site.put(Multiply(), site.inputs[0], _broadcast(site, site.inputs[1], site.axis(given.get("axis"))))


def _broadcast(site: Site, link: Link, axis: int) -> Link:
    """An input with axes of length 1 behind its own, so that they stand where Caffe has them."""
    whole, part = site.known(0), site.known(1)
    sizes = (*(1 for _ in whole[:axis]), *part, *(1 for _ in whole[axis + len(part) :]))
    return link if sizes == part else site.put(Reshape(sizes=sizes), link, suffix="_broadcast")


@rule("Axpy")
def axpy(site: Site) -> Link:
    """Of SENet's fork: a · x + y, a for each channel."""
    if len(site.inputs) != 3:
        raise NoLayer("it takes three inputs")
    factor, x, y = site.inputs
    shape = site.shape(0)
    if shape is not None and len(shape) == 1:
        factor = site.put(Reshape(sizes=(*shape, 1, 1)), factor, suffix="_broadcast")
    return site.put(Add(), site.put(Multiply(), x, factor, suffix="_times"), y)
