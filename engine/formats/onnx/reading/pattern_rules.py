"""The patterns: what several layers are together."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.formats.onnx.reading.patterns import PATTERNS, Pattern, Tidy, completes
from engine.layers.activation import Exp, Log, Power, Softmax
from engine.layers.arranging import Expand, Identity, Permute, Reduce, Squeeze
from engine.layers.attention import MultiHeadAttention
from engine.layers.base import Layer
from engine.layers.convolution import Convolution, DepthwiseConv2D
from engine.layers.data import Constant
from engine.layers.dense import Dense
from engine.layers.merge import Add, Average, Divide, MatMul, Multiply, Subtract
from engine.layers.normalization import GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale
from engine.layers.pooling import GlobalPooling
from engine.layers.reshape import Flatten, Reshape
from engine.layers.unknown import Unknown
from engine.node import Link, Node


@functools.cache
def by_kind() -> Mapping[type[Layer], tuple[Pattern, ...]]:
    """The patterns by the layer that completes them."""
    found: dict[type[Layer], tuple[Pattern, ...]] = {}
    for kinds, pattern in PATTERNS:
        for kind in kinds:
            found[kind] = (*found.get(kind, ()), pattern)
    return found


@completes(Scale)
def biased(tidy: Tidy, node: Node) -> bool:
    """A Dense or a convolution without bias, and a sum: with bias."""
    layer, x = node.layer, node.inputs[0]
    assert isinstance(layer, Scale)
    product = tidy.inner(x, Dense) or tidy.inner(x, Convolution) or tidy.inner(x, DepthwiseConv2D)
    if product is None or product.bias or layer.scale or layer.axes != 1:
        return False
    rank = len(tidy.shape(x))
    if layer.axis % rank != (rank - 1 if isinstance(product, Dense) else 0):
        return False
    origins = (("weight", x.node, "weight"), ("bias", node.name, "shift"))
    tidy.become(node, replace(product, bias=True), [tidy.before(x)], *origins)
    return True


@completes(Scale)
def scaled_and_shifted(tidy: Tidy, node: Node) -> bool:
    """A factor, then a constant, along the same axes."""
    layer, x = node.layer, node.inputs[0]
    first = tidy.inner(x, Scale)
    assert isinstance(layer, Scale)
    if first is None or first.shift or layer.scale or (first.axis, first.axes) != (layer.axis, layer.axes):
        return False
    origins = (("scale", x.node, "scale"), ("shift", node.name, "shift"))
    tidy.become(node, replace(layer, scale=True), [tidy.before(x)], *origins)
    return True


@completes(Scale)
def affine(tidy: Tidy, node: Node) -> bool:
    """A norm that learns nothing, and a factor with or without a constant."""
    layer, x = node.layer, node.inputs[0]
    assert isinstance(layer, Scale)
    norm = tidy.inner(x, LayerNorm) or tidy.inner(x, RMSNorm) or tidy.inner(x, GroupNorm)
    if norm is None or norm.affine or not layer.scale or layer.shift is isinstance(norm, RMSNorm):
        return False
    rank = len(tidy.shape(x))
    first, count = (0, 1) if isinstance(norm, GroupNorm) else (rank - norm.axes, norm.axes)
    if (layer.axis % rank, layer.axes) != (first, count):
        return False
    names = ("scale",) if isinstance(norm, RMSNorm) else ("scale", "shift")
    origins = ((name, node.name, name) for name in names)
    tidy.become(node, replace(norm, affine=True), [tidy.before(x)], *origins)
    return True


@completes(Power)
def powers(tidy: Tidy, node: Node) -> bool:
    """Factors, sums and powers one behind the other, as far as one layer does them."""
    layer, x = node.layer, node.inputs[0]
    first = tidy.inner(x, Power)
    assert isinstance(layer, Power)
    if first is None or first.power != 1:
        return False
    shift = layer.shift + layer.scale * first.shift
    tidy.become(node, Power(layer.power, layer.scale * first.scale, shift), [tidy.before(x)])
    return True


@completes(Power)
def raised(tidy: Tidy, node: Node) -> bool:
    """Nothing but a power of something that was raised before stays; a factor of one is nothing."""
    layer, x = node.layer, node.inputs[0]
    return layer == Power() and tidy.undo(node, x)


@completes(Exp, Log)
def scaled(tidy: Tidy, node: Node) -> bool:
    layer, x = node.layer, node.inputs[0]
    first = tidy.inner(x, Power)
    assert isinstance(layer, (Exp, Log))
    if first is None or first.power != 1:
        return False
    shift = layer.shift + layer.scale * first.shift
    tidy.become(node, replace(layer, scale=layer.scale * first.scale, shift=shift), [tidy.before(x)])
    return True


@completes(Power)
def averaged(tidy: Tidy, node: Node) -> bool:
    """A sum of n, over n."""
    layer, x = node.layer, node.inputs[0]
    assert isinstance(layer, Power)
    if tidy.inner(x, Add) is None or (layer.power, layer.shift) != (1, 0):
        return False
    summed = tidy.nodes[x.node].inputs
    if not math.isclose(layer.scale, 1 / len(summed), rel_tol=1e-6):
        return False
    tidy.become(node, Average(), summed)
    return True


@completes(Add, Multiply)
def together(tidy: Tidy, node: Node) -> bool:
    """Sums of sums, and products of products, of one shape."""
    first = node.inputs[0]
    if tidy.inner(first, type(node.layer)) is None:
        return False
    inputs = (*tidy.nodes[first.node].inputs, *node.inputs[1:])
    if len({tidy.shape(link) for link in inputs}) > 1:
        return False
    tidy.become(node, node.layer, inputs)
    return True


# Norms: x over the root of a mean of squares


@completes(Divide, Multiply)
def normalised(tidy: Tidy, node: Node) -> bool:
    if len(node.inputs) != 2:
        return False
    for x, root in (node.inputs, node.inputs[::-1]):
        found = _mean_square(tidy, x, root, 0.5 if isinstance(node.layer, Divide) else -0.5)
        if found is not None:
            return _norm(tidy, node, x, *found)
        if isinstance(node.layer, Divide):
            break
    return False


def _mean_square(tidy: Tidy, x: Link, root: Link, power: float) -> tuple[Reduce, float] | None:
    """The mean or sum of the squares of x under a root, and what is added to it."""
    deviation = tidy.layer(root, Power)
    if deviation is None or (deviation.power, deviation.scale) != (power, 1) or deviation.shift <= 0:
        return None
    over = tidy.before(root)
    reduction = tidy.layer(over, Reduce)
    if reduction is None or not reduction.keep_axes or reduction.operation not in ("mean", "sum"):
        return None
    square = tidy.before(over)
    is_square = tidy.layer(square, Power) == Power(power=2.0) and tidy.before(square) == x
    is_product = tidy.layer(square, Multiply) is not None and tidy.nodes[square.node].inputs == (x, x)
    return (reduction, deviation.shift) if is_square or is_product else None


def _norm(tidy: Tidy, node: Node, x: Link, reduction: Reduce, epsilon: float) -> bool:
    rank = len(tidy.shape(x))
    over = reduction.over(tidy.shape(x))
    if reduction.operation == "sum":
        tidy.become(node, L2Normalize(axes=over, epsilon=epsilon), [x])
        return True
    if over != tuple(range(rank - len(over), rank)) or -1 in tidy.shape(x)[rank - len(over) :]:
        return False
    if tidy.layer(x, Subtract) is not None:
        first, mean = tidy.nodes[x.node].inputs[:2]
        of = tidy.layer(mean, Reduce)
        is_mean = of is not None and of == replace(reduction, axes=of.axes) and tidy.before(mean) == first
        if of is not None and is_mean and of.over(tidy.shape(first)) == over:
            tidy.become(node, LayerNorm(axes=len(over), epsilon=epsilon, affine=False), [first])
            return True
    tidy.become(node, RMSNorm(axes=len(over), epsilon=epsilon, affine=False), [x])
    return True


@completes(Reshape)
def group_norm(tidy: Tidy, node: Node) -> bool:
    """Groups that are channels for a while, each normalised."""
    inner = node.inputs[0]
    norm = tidy.inner(inner, InstanceNorm)
    if norm is None or tidy.inner(tidy.before(inner), Reshape) is None:
        return False
    x = tidy.before(tidy.before(inner))
    groups = tidy.shape(inner)[0]
    scale, shift = (tidy.weight(inner.node, name) for name in ("scale", "shift"))
    if tidy.shape(Link(node.name)) != tidy.shape(x) or len(tidy.shape(inner)) != 2 or tidy.shape(x)[0] % groups:
        return False
    if scale is None or shift is None or (scale != 1).any() or shift.any():
        return False
    tidy.become(node, GroupNorm(groups=groups, epsilon=norm.epsilon, affine=False), [x])
    return True


# What undoes itself


@completes(Flatten, Squeeze, Reshape)
def without_axes(tidy: Tidy, node: Node) -> bool:
    """Axes of length 1 that global pooling keeps, and that are dropped then."""
    x = node.inputs[0]
    pooling = tidy.inner(x, GlobalPooling)
    if pooling is None or not pooling.keep_axes or len(tidy.shape(Link(node.name))) != 1:
        return False
    tidy.become(node, replace(pooling, keep_axes=False), [tidy.before(x)])
    return True


@completes(Squeeze, Permute, Reshape, Flatten)
def undone(tidy: Tidy, node: Node) -> bool:
    """Axes that are added and dropped, exchanged and exchanged back; a shape that another follows."""
    layer, x = node.layer, node.inputs[0]
    if isinstance(layer, (Reshape, Flatten)) and (tidy.inner(x, Reshape) or tidy.inner(x, Flatten)):
        tidy.become(node, layer, [tidy.before(x)])
        return True
    if (
        isinstance(layer, (Reshape, Flatten))
        and tidy.shape(x) == tidy.shape(Link(node.name))
        and -1 not in tidy.shape(x)
    ):
        return tidy.undo(node, x)
    if isinstance(layer, (Squeeze, Reshape)) and tidy.layer(x, Expand) is not None:
        before = tidy.before(x)
        same = tidy.shape(Link(node.name)) == tidy.shape(before)
        return same and tidy.undo(node, before)
    permute = tidy.layer(x, Permute)
    if isinstance(layer, Permute) and permute is not None and layer.axes and permute.axes:
        order = tuple(permute.axes[axis] for axis in layer.axes)
        if order == tuple(range(len(order))):
            return tidy.undo(node, tidy.before(x))
        if tidy.inner(x, Permute) is not None:
            tidy.become(node, Permute(order), [tidy.before(x)])
            return True
    return False


@completes(Identity)
def handed_on(tidy: Tidy, node: Node) -> bool:
    return tidy.undo(node, node.inputs[0])


# Attention: products of queries with keys, shares, products with values


@completes(Dense)
def attention(tidy: Tidy, node: Node) -> bool:
    """Heads cut from three Dense, what they find joined, and a Dense."""
    joined = node.inputs[0]
    if tidy.layer(joined, Reshape) is None or tidy.layer(tidy.before(joined), Permute) != Permute((1, 0, 2)):
        return False
    found = tidy.before(tidy.before(joined))
    if tidy.layer(found, MatMul) != MatMul():
        return False
    shares, values = tidy.nodes[found.node].inputs
    if tidy.layer(shares, Softmax) is None:
        return False
    scores, is_causal = _hidden(tidy, tidy.before(shares))
    scale = tidy.layer(scores, Power)
    product = tidy.before(scores) if scale is not None else scores
    if scale is None or tidy.layer(product, MatMul) is None:
        return False
    query, key = tidy.nodes[product.node].inputs
    transposed = tidy.layer(product, MatMul) == MatMul(transpose_b=True)
    orders = ((1, 0, 2), (1, 0, 2) if transposed else (1, 2, 0), (1, 0, 2))
    parts = [_heads(tidy, link, order) for link, order in zip((query, key, values), orders, strict=True)]
    if any(part is None for part in parts):
        return False
    sources = [part for part in parts if part is not None]
    heads, _, depth = tidy.shape(query)
    layers = [tidy.nodes[link.node].layer for link in (*sources, Link(node.name))]
    inputs = [tidy.before(link) for link in sources]
    widths = {layer.units for layer in layers if isinstance(layer, Dense)}
    biases = {layer.bias for layer in layers if isinstance(layer, Dense)}
    fits = inputs[1] == inputs[2] and len(widths) == len(biases) == 1 and tidy.shape(inputs[0])[-1:] == tuple(widths)
    if (
        not fits
        or not math.isclose(scale.scale, 1 / math.sqrt(depth), rel_tol=1e-5)
        or (scale.power, scale.shift) != (1, 0)
    ):
        return False
    names = [f"{name}_{kind}" for kind in ("weight", "bias") for name in ("query", "key", "value", "output")]
    origins = [*(link.node for link in sources), node.name] * 2
    kinds = ["weight"] * 4 + ["bias"] * 4
    own = zip(names, origins, kinds, strict=True)
    layer = MultiHeadAttention(heads=heads, causal=is_causal, bias=biases.pop())
    fed = inputs[:1] if inputs[0] == inputs[1] else inputs[:2]
    tidy.become(node, layer, fed, *(it for it in own if layer.bias or it[2] == "weight"))
    return True


def _heads(tidy: Tidy, link: Link, order: tuple[int, ...]) -> Link | None:
    """The Dense whose result is cut into heads, its axes in that order."""
    if tidy.layer(link, Permute) != Permute(order):
        return None
    cut = tidy.before(link)
    if tidy.layer(cut, Reshape) is None or tidy.layer(tidy.before(cut), Dense) is None:
        return None
    return tidy.before(cut)


def _hidden(tidy: Tidy, scores: Link) -> tuple[Link, bool]:
    """The scores below what hides later positions, and whether something does."""
    if _is_triangle(tidy, scores):
        return tidy.before(scores, 1), True
    if tidy.layer(scores, Add) is None or len(tidy.nodes[scores.node].inputs) != 2:
        return scores, False
    below, mask = tidy.nodes[scores.node].inputs
    stated = tidy.layer(mask, Constant)
    if stated is None or len(stated.value) == 1:
        return scores, False
    steps = stated.sizes[-2:]
    hides = np.array(stated.value).reshape(stated.sizes) < -1e9
    is_causal = bool((hides == ~np.tril(np.ones(steps, bool))).all())
    return (below, True) if is_causal else (scores, False)


def _is_triangle(tidy: Tidy, link: Link) -> bool:
    """Where(Greater(Trilu(…)), scores): later positions hidden, however many there are."""
    for kind in ("Where", "Greater", "Trilu"):
        layer = tidy.layer(link, Unknown)
        if layer is None or layer.type != kind or not tidy.nodes[link.node].inputs:
            return False
        if kind == "Trilu" and '"upper"' not in layer.text:
            return False
        link = tidy.before(link)
    return True
