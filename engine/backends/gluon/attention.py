"""The rules of attention and of what tells it positions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from engine.backends.gluon.rules import Place, S, Symbol, symbol
from engine.backends.positions import HIDDEN, sinusoids
from engine.layers.attention import MultiHeadAttention
from engine.layers.embedding import PositionalEncoding


@symbol.register
def multi_head_attention(
    layer: MultiHeadAttention, place: Place, x: Symbol, context: Symbol | None, mask: Symbol | None
) -> Symbol:
    (steps, features), seen = place.shape(), x if context is None else context
    steps_seen = place.shape(0 if context is None else 1)[0]
    depth = features // layer.heads
    query, key, value = (
        _heads(layer, place, *given)
        for given in (("query", x, steps), ("key", seen, steps_seen), ("value", seen, steps_seen))
    )
    scores = S.batch_dot(query, key, transpose_b=True) / math.sqrt(depth)
    scores = S.reshape(scores, shape=(place.batch, layer.heads, steps, steps_seen))
    for may in _visible(layer, place, None if mask is None else mask != 0, cross=context is not None):
        scores = S.broadcast_add(S.broadcast_mul(scores, may), (1 - may) * HIDDEN)
    shares = S.reshape(S.softmax(scores, axis=-1), shape=(place.samples(layer.heads), steps, steps_seen))
    found = S.reshape(S.batch_dot(shares, value), shape=(place.batch, layer.heads, steps, depth))
    return _linear(layer, place, "output", place.reshaped(S.transpose(found, axes=(0, 2, 1, 3)), (steps, features)))


def _visible(layer: MultiHeadAttention, place: Place, seen: Symbol | None, *, cross: bool) -> Iterator[Symbol]:
    """Noughts where scores (batch, heads, T, S) do not count, ones elsewhere; nothing where all count."""
    if seen is not None:
        seen = S.expand_dims(seen, axis=1)
        seen = S.expand_dims(seen, axis=1) if len(place.shape(2)) == 1 else seen
    if layer.causal:
        before = place.constant(np.tril(np.ones((1, 1, place.shape()[0], place.shape(int(cross))[0]))))
        seen = before if seen is None else S.broadcast_mul(seen, before)
    if seen is not None:
        yield seen


def _linear(layer: MultiHeadAttention, place: Place, name: str, x: Symbol) -> Symbol:
    biases = {"bias": place.weights[f"{name}_bias"]} if layer.bias else {}
    weight = place.weights[f"{name}_weight"]
    features = place.shape()[1]
    return S.FullyConnected(x, weight, **biases, num_hidden=features, no_bias=not layer.bias, flatten=False)


def _heads(layer: MultiHeadAttention, place: Place, name: str, x: Symbol, steps: int) -> Symbol:
    """(batch · heads, steps, depth)."""
    depth = place.shape()[1] // layer.heads
    parts = S.reshape(_linear(layer, place, name, x), shape=(place.batch, steps, layer.heads, depth))
    return S.reshape(S.transpose(parts, axes=(0, 2, 1, 3)), shape=(place.samples(layer.heads), steps, depth))


@symbol.register
def positional_encoding(layer: PositionalEncoding, place: Place, x: Symbol) -> Symbol:
    steps, features = place.shape()
    if layer.kind == "learned":
        rows = S.slice_axis(place.weights["weight"], axis=0, begin=0, end=steps)
        return S.broadcast_add(x, S.expand_dims(rows, axis=0))
    return S.broadcast_add(x, place.constant(sinusoids(steps, features)[None]))
