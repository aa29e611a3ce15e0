"""One rule a layer: what makes its inputs, MXNet symbols, its output. All shapes are known, the batch's too."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.backends.base import Array
from engine.backends.gluon.framework import mx
from engine.backends.graph import Site
from engine.backends.stated import stated
from engine.errors import Unsupported
from engine.layers.base import Layer, Shape, volume
from engine.layers.convolution import ConvTranspose3D
from engine.layers.data import Constant
from engine.layers.dense import Bilinear, Dense
from engine.layers.embedding import Embedding
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.regularization import Dropout, DropPath, GaussianNoise, SpatialDropout
from engine.layers.reshape import Flatten, Reshape

S = mx.sym
ANY = -1
"""A batch of any size."""
Symbol = Any
"""`mxnet.symbol.Symbol`; MXNet has no types."""

LIMITS: Mapping[type[Layer], str] = {ConvTranspose3D: "spreads over volumes only without gaps: dilation 1"}
"""What of a layer is refused, as docs/matrix.md shows. With gaps MXNet fails there, and harms what runs after it."""


@dataclass(frozen=True)
class Beside:
    """What rules leave beside their outputs.

    `constants` are arrays by the names of the variables that stand for them; `moments` those of every batch that is
    normalised.
    """

    constants: dict[str, Array] = field(default_factory=dict)
    moments: list[Moments] = field(default_factory=list)


@dataclass(frozen=True)
class Moments:
    """Mean and unbiased variance of a batch, the names of the running ones, and the share that it has in them."""

    values: tuple[Symbol, Symbol]
    running: tuple[str, str]
    share: float


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its site, its weights by their own names, how many samples, whether it is training.

    A `batch` of ANY leaves open how many samples there are, as files do; lengths of axes are known all the same.
    """

    site: Site
    weights: Mapping[str, Symbol]
    batch: int
    is_training: bool
    beside: Beside
    entry: Symbol = None
    """One of the network's inputs, which knows how many samples there are."""

    def shape(self, place: int = 0) -> Shape:
        """The shape of a sample of the input at `place`."""
        signal = self.site.inputs[place]
        return signal.shape if signal else ()

    def samples(self, parts: int = 1) -> int:
        """So many parts of every sample, in the shape of a reshape."""
        return ANY if self.batch == ANY else self.batch * parts

    def constant(self, values: Array) -> Symbol:
        """A variable that stands for `values`."""
        constants = self.beside.constants
        name = f"constant:{self.site.name}:{len(constants)}"
        constants[name] = np.asarray(values, np.float32)
        return S.var(name, shape=constants[name].shape)

    def reshaped(self, x: Symbol, shape: Shape) -> Symbol:
        """`x` with samples of another shape."""
        return S.reshape(x, shape=(self.batch, *shape))


@functools.singledispatch
def symbol(layer: Layer, place: Place, *inputs: Symbol) -> Symbol:
    """The output of `layer` at `place` for `inputs` (batch, *shape); several outputs as a tuple."""
    raise Unsupported(f"the mxnet backend has no rule for {type(layer).__name__}", node=place.site.name)


@symbol.register
def constant(layer: Constant, place: Place) -> Symbol:
    value = place.constant(stated(layer)[None])
    if place.batch == ANY:
        return S.broadcast_like(value, place.entry, lhs_axes=(0,), rhs_axes=(0,))
    return S.broadcast_to(value, shape=(place.batch, *layer.sizes))


@symbol.register
def dense(layer: Dense, place: Place, x: Symbol) -> Symbol:
    return S.FullyConnected(x, **weight_and_bias(place), num_hidden=layer.units, flatten=False)


@symbol.register
def bilinear(layer: Bilinear, place: Place, a: Symbol, b: Symbol) -> Symbol:
    first, last, made = place.shape(0), place.shape(1), place.site.outputs[0].shape
    weight = S.reshape(place.weights["weight"], shape=(layer.units * first[-1], last[-1]))
    rows = S.FullyConnected(b, weight, num_hidden=layer.units * first[-1], no_bias=True, flatten=False)
    pairs = S.broadcast_mul(place.reshaped(rows, (*made, first[-1])), S.expand_dims(a, axis=-2))
    products = S.sum(pairs, axis=-1)
    return S.broadcast_add(products, place.weights["bias"]) if layer.bias else products


@symbol.register
def embedding(layer: Embedding, place: Place, x: Symbol) -> Symbol:
    return S.Embedding(x, place.weights["weight"], input_dim=layer.classes, output_dim=layer.units)


def weight_and_bias(place: Place) -> dict[str, Any]:
    """The layer's `weight` and, where it has one, `bias`, as MXNet's operators take them."""
    weight, bias = place.weights["weight"], place.weights.get("bias")
    return {"weight": weight, "no_bias": True} if bias is None else {"weight": weight, "bias": bias, "no_bias": False}


def padded(x: Symbol, pads: Shape) -> tuple[Shape, Symbol]:
    """What MXNet's operators pad by themselves, the same at begin and end, or else 0 and a padded `x`."""
    axes = len(pads) // 2
    if pads[:axes] == pads[axes:]:
        return pads[:axes], x
    return (0,) * axes, extended(x, pads)


def extended(x: Symbol, pads: Shape, fill: float = 0.0) -> Symbol:
    """An image with cells of `fill` around it; a negative end cuts off."""
    axes = len(pads) // 2
    for axis, cells in enumerate(pads[axes:], start=2):
        if cells < 0:
            x = S.slice_axis(x, axis=axis, begin=0, end=cells)
    sides = (0, 0, 0, 0, *(max(0, cells) for pair in zip(pads[:axes], pads[axes:], strict=True) for cells in pair))
    return S.pad(x, mode="constant", constant_value=fill, pad_width=sides) if any(sides) else x


# Regularisation


@symbol.register
def dropout(layer: Dropout, place: Place, x: Symbol) -> Symbol:
    return S.Dropout(x, p=layer.rate, mode="training") if place.is_training and layer.rate else x


@symbol.register(SpatialDropout)
@symbol.register(DropPath)
def dropout_of_wholes(layer: SpatialDropout | DropPath, place: Place, x: Symbol) -> Symbol:
    if not place.is_training or not layer.rate:
        return x
    shape, whole = place.shape(), layer.whole(place.shape())
    kept = S.ones((place.batch, *(1 if axis in whole else n for axis, n in enumerate(shape))))
    return S.broadcast_mul(x, S.Dropout(kept, p=layer.rate, mode="training"))


@symbol.register
def gaussian_noise(layer: GaussianNoise, place: Place, x: Symbol) -> Symbol:
    if not place.is_training or not layer.deviation:
        return x
    return x + S.random.normal(scale=layer.deviation, shape=(place.batch, *place.shape()))


# Merging and reshaping


FOLDS: dict[type[Layer], Callable[[Symbol, Symbol], Symbol]] = {
    Add: S.broadcast_add,
    Subtract: S.broadcast_sub,
    Multiply: S.broadcast_mul,
    Divide: S.broadcast_div,
    Maximum: S.broadcast_maximum,
    Minimum: S.broadcast_minimum,
}
"""What combines two inputs, and what that makes with the next."""


def folded(layer: Layer, place: Place, *inputs: Symbol) -> Symbol:
    """All inputs combined one after the other."""
    return functools.reduce(FOLDS[type(layer)], _aligned(place, inputs))


for kind in FOLDS:
    symbol.register(kind, folded)


@symbol.register
def average(layer: Average, place: Place, *inputs: Symbol) -> Symbol:
    return functools.reduce(S.broadcast_add, _aligned(place, inputs)) / len(inputs)


@symbol.register
def mat_mul(layer: MatMul, place: Place, *inputs: Symbol) -> Symbol:
    # MXNet multiplies lists of matrices: the axes before are made equal, and then one.
    shape = place.site.outputs[0].shape
    lists = []
    for number, x in enumerate(_aligned(place, inputs)):
        ends = place.shape(number)[-2:]
        whole = S.broadcast_to(x, shape=(0, *shape[:-2], *ends))  # 0: as many samples as there are
        lists.append(S.reshape(whole, shape=(place.samples(volume(shape[:-2])), *ends)))
    return place.reshaped(S.batch_dot(*lists, transpose_a=layer.transpose_a, transpose_b=layer.transpose_b), shape)


@symbol.register
def concat(layer: Concat, place: Place, *inputs: Symbol) -> Symbol:
    return S.concat(*inputs, dim=layer.axis % len(place.shape()) + 1)


@symbol.register(Flatten)
@symbol.register(Reshape)
def reshape(layer: Flatten | Reshape, place: Place, x: Symbol) -> Symbol:
    return place.reshaped(x, place.site.outputs[0].shape)


def _aligned(place: Place, inputs: tuple[Symbol, ...]) -> Iterator[Symbol]:
    """All inputs with the same number of axes: those with fewer get some of length 1 behind the batch's."""
    rank = len(place.site.outputs[0].shape)
    for number, x in enumerate(inputs):
        shape = place.shape(number)
        yield x if len(shape) == rank else place.reshaped(x, (*(1,) * (rank - len(shape)), *shape))


def batched(axis: int) -> int:
    """The axis of a sample as an axis of a batch."""
    return axis + 1 if axis >= 0 else axis
