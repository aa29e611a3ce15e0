"""Attention and positional encoding in ONNX: plain products, a softmax, and waves over positions of any number."""

from __future__ import annotations

import math

import numpy as np

from engine.backends.positions import HIDDEN, sinusoids, waves
from engine.formats.onnx.limits import refusal
from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Scope
from engine.layers.attention import MultiHeadAttention
from engine.layers.embedding import PositionalEncoding


@rule.register
def multi_head_attention(layer: MultiHeadAttention, to: Scope) -> str:
    names = iter(to.inputs)
    x, context, mask = (next(names) if source else "" for source in to.site.sources)
    seen = context or x
    depth = to.shape()[1] // layer.heads
    query = _heads(layer, to, "query", x, [0, 2, 1, 3])
    key, value = _heads(layer, to, "key", seen, [0, 2, 3, 1]), _heads(layer, to, "value", seen, [0, 2, 1, 3])
    scores = to.op("Mul", to.op("MatMul", query, key), to.number("scale", 1 / math.sqrt(depth)))
    if layer.causal:
        scores = to.op("Where", _before(layer, to, scores), scores, to.number("hidden", HIDDEN))
    if mask:
        scores = to.op("Where", _seen(to, mask), scores, to.number("hidden", HIDDEN))
    found = to.op("Transpose", to.op("MatMul", to.op("Softmax", scores, axis=-1), value), perm=[0, 2, 1, 3])
    return _linear(layer, to, "output", to.op("Reshape", found, to.whole("joined", (0, 0, to.shape()[1]))))


def _linear(layer: MultiHeadAttention, to: Scope, name: str, x: str) -> str:
    product = to.op("MatMul", x, to.op("Transpose", to.weight(f"{name}_weight"), perm=[1, 0]))
    return to.op("Add", product, to.weight(f"{name}_bias")) if layer.bias else product


def _heads(layer: MultiHeadAttention, to: Scope, name: str, x: str, perm: list[int]) -> str:
    """(batch, steps, heads, depth) in another order."""
    parts = to.whole("parts", (0, 0, layer.heads, to.shape()[1] // layer.heads))
    return to.op("Transpose", to.op("Reshape", _linear(layer, to, name, x), parts), perm=perm)


def _before(layer: MultiHeadAttention, to: Scope, scores: str) -> str:
    """True where a position is not behind the one that looks."""
    steps, seen = to.shape()[0], (to.shape(1) or to.shape())[0]
    if steps >= 0 and seen >= 0:
        return to.constant("causal", np.tril(np.ones((steps, seen), bool)))
    if to.opset < 14:
        raise refusal(layer, to)
    ones = to.op("Exp", to.op("Mul", scores, to.number("nought", 0.0)))
    return to.op("Greater", to.op("Trilu", ones, upper=0), to.number("half", 0.5))


def _seen(to: Scope, mask: str) -> str:
    """True where the mask is not nought, in the shape of the scores (batch, heads, T, S)."""
    signal = to.site.inputs[2]
    zeros = to.whole("zero", (0,)) if signal and signal.values == "index" else to.number("zero", 0.0)
    axes = (1, 2) if len(to.shape(2)) == 1 else (1,)
    return to.op("Unsqueeze", to.op("Not", to.op("Equal", mask, zeros)), to.whole("mask_axes", axes))


@rule.register
def positional_encoding(layer: PositionalEncoding, to: Scope) -> str:
    steps, features = to.shape()
    if layer.kind == "learned":
        length = to.op("Slice", to.op("Shape", to.x), to.whole("one", (1,)), to.whole("two", (2,)))
        return to.op("Add", to.x, to.op("Slice", to.weight("weight"), to.whole("begin", (0,)), length))
    return to.op("Add", to.x, to.constant("waves", sinusoids(steps, features)) if steps >= 0 else _waves(to, features))


def _waves(to: Scope, features: int) -> str:
    """The sinusoids of as many steps as enter."""
    rates, phases = (array.astype(np.float32) for array in waves(features))
    length = to.op("Gather", to.op("Shape", to.x), to.constant("axis", np.array(1, np.int64)))
    begin, step = (to.constant(name, np.array(value, np.int64)) for name, value in (("first", 0), ("each", 1)))
    places = to.op("Cast", to.op("Range", begin, length, step), to=1)
    column = to.op("Unsqueeze", places, to.whole("column", (1,)))
    turned = to.op("Add", to.op("Mul", column, to.constant("rates", rates)), to.constant("phases", phases))
    return to.op("Sin", turned)
