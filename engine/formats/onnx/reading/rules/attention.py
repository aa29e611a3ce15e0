"""Attention as the products, the softmax and the masks that it is made of: it has heads, but learns nothing."""

from __future__ import annotations

import math

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, at, reads
from engine.formats.onnx.reading.values import Array, Given, Mixed, Unmapped, Wire
from engine.layers.activation import Power, Softmax, Tanh
from engine.layers.arranging import Permute
from engine.layers.base import Shape
from engine.layers.merge import Add, Concat, MatMul, Multiply
from engine.layers.reshape import Reshape

_PLACES = {"scores": 0, "capped": 1, "biased": 2, "shares": 3}
"""What the fourth output holds, by `qk_matmul_output_mode`."""


@reads("Attention")
def attention(op: Operator) -> Made:
    query, key, value = (op.wire(place) for place in range(3))
    is_flat = query.rank == 3
    if is_flat:
        heads = (op.get("q_num_heads", 1), op.get("kv_num_heads", 1), op.get("kv_num_heads", 1))
        query, key, value = (_cut(op, x, count) for x, count in zip((query, key, value), heads, strict=True))
    key, value = _after(op, 4, key), _after(op, 5, value)
    present = (key, value)
    bias, seen = _bias(op, query.shape, key.shape)
    stages = _shares(op, query, _repeated(op, key, query), bias)
    shares = stages["shares"] = _guarded(op, stages["shares"], seen)
    made = op.put(MatMul(), shares, _repeated(op, value, query))
    made = _joined(op, made) if is_flat else made
    mode = op.get("qk_matmul_output_mode", 0)
    return made, *present, next(wire for name, wire in stages.items() if _PLACES[name] == mode)


def _cut(op: Operator, x: Wire, heads: int) -> Wire:
    """(…, steps, heads · depth) to (…, heads, steps, depth)."""
    *front, steps, width = x.shape
    if steps < 0 or width % heads:
        raise Unmapped("cuts steps of any number into heads" if steps < 0 else f"cuts {width} into {heads} heads")
    rank = len(front)
    parts = op.put(Reshape((*front, steps, heads, width // heads)), x)
    return op.put(Permute((*range(rank), rank + 1, rank, rank + 2)), parts)


def _joined(op: Operator, x: Wire) -> Wire:
    *front, heads, steps, depth = x.shape
    rank = len(front)
    return op.put(Reshape((*front, steps, heads * depth)), op.put(Permute((*range(rank), rank + 1, rank, rank + 2)), x))


def _after(op: Operator, place: int, x: Wire) -> Wire:
    """What was seen before, then `x`."""
    if op.at(place) is None:
        return x
    return op.put(Concat(axis=-2), op.wire(place), x)


def _repeated(op: Operator, x: Wire, query: Wire) -> Wire:
    """Each head as often as there are queries for it."""
    times = query.shape[-3] // x.shape[-3]
    if times == 1:
        return x
    *front, heads, steps, depth = x.shape
    apart = op.put(Reshape((*front, heads, 1, steps, depth)), x)
    ones = at(op.constant(np.ones((times, 1, 1), np.float32)), x.batch)
    return op.put(Reshape((*front, heads * times, steps, depth)), op.put(Multiply(), apart, ones))


def _shares(op: Operator, query: Wire, key: Wire, bias: Wire | Array | None) -> dict[str, Wire]:
    """The scores, capped, with what hides positions added, and the shares that follow from them."""
    scale = op.get("scale") or 1 / math.sqrt(query.shape[-1])
    scores = op.put(Power(scale=scale), op.put(MatMul(transpose_b=True), query, key))
    cap = op.get("softcap", 0.0)
    capped = op.put(Power(scale=cap), op.put(Tanh(), op.put(Power(scale=1 / cap), scores))) if cap else scores
    if isinstance(bias, Wire):
        biased = op.put(Add(), capped, bias)
    else:
        biased = capped if bias is None else op.put(Add(), capped, at(op.constant(bias), capped.batch))
    # A softcap is applied to what the first output holds too.
    raw = capped if cap and op.get("qk_matmul_output_mode", 0) == 0 else scores
    return {"scores": raw, "capped": capped, "biased": biased, "shares": op.put(Softmax(), biased)}


def _bias(op: Operator, query: Shape, key: Shape) -> tuple[Wire | Array | None, Array | None]:
    """What is added to the scores, and, where it is known, which rows see anything at all."""
    steps, seen = query[-2], key[-2]
    if steps < 0 or seen < 0:
        raise Unmapped("is attention over steps of any number")
    fixed = _fixed(op, steps, seen)
    mask = op.at(3)
    if isinstance(mask, Wire):
        if mask.rank < 4 and mask.batch is not None:
            raise Mixed("has a mask that is no sample's")
        if mask.shape[-1] != seen:
            raise Unmapped("has a mask for fewer positions than there are")
        return (mask if fixed is None else op.put(Add(), mask, at(op.constant(fixed), mask.batch))), None
    if isinstance(mask, Given):
        known = _additive(op, mask.array, seen)
        fixed = known if fixed is None else known + fixed
    if fixed is None:
        return None, None
    hides = np.isneginf(fixed.max(axis=-1, keepdims=True))
    if not hides.any():
        return fixed.astype(np.float32), None
    if _PLACES["biased"] == op.get("qk_matmul_output_mode", 0) and op.used(3):
        raise Unmapped("gives scores of positions that see nothing")
    return np.where(hides, 0, fixed).astype(np.float32), (1 - hides).astype(np.float32)


def _additive(op: Operator, mask: Array, seen: int) -> Array:
    """A known mask as numbers to add, positions that it does not name hidden."""
    if mask.dtype == bool:
        mask = np.where(mask, 0.0, -np.inf)
    missing = seen - mask.shape[-1]
    mask = np.pad(mask, [(0, 0)] * (mask.ndim - 1) + [(0, missing)], constant_values=-np.inf) if missing else mask
    if op.draft.is_batched and mask.ndim > 3:
        if mask.shape[0] != 1:
            raise Mixed("has another mask for each sample")
        mask = mask[0]
    return np.atleast_2d(mask)


def _fixed(op: Operator, steps: int, seen: int) -> Array | None:
    """What order, window and length hide, as numbers to add."""
    past = op.at(4)
    before: Array = np.array(0 if past is None else seen - _steps(op))
    lengths = op.given(6)
    hidden = np.zeros((steps, seen), bool)
    if lengths is not None:
        if op.draft.is_batched:
            raise Mixed("counts positions of each sample")
        before = (lengths.reshape(-1, 1, 1, 1) - steps) if past is None else before
        hidden = hidden | (np.arange(seen) >= lengths.reshape(-1, 1, 1, 1))
    ahead = np.arange(seen)[None] - (np.arange(steps)[:, None] + before)  # how far behind the one that looks
    if op.get("is_causal", 0):
        hidden = hidden | (ahead > 0)
    left, right = op.get("left_window_size", -1), op.get("right_window_size", -1)
    hidden = hidden | (ahead < -left) if left >= 0 else hidden
    hidden = hidden | (ahead > right) if right >= 0 else hidden
    return np.where(hidden, -np.inf, 0.0) if hidden.any() else None


def _steps(op: Operator) -> int:
    """The positions that the keys bring themselves."""
    key = op.at(1)
    assert key is not None
    return key.dims[-2]


def _guarded(op: Operator, shares: Wire, seen: Array | None) -> Wire:
    """Noughts for what sees nothing: the softmax of nothing is no number."""
    return shares if seen is None else op.put(Multiply(), shares, at(op.constant(seen), shares.batch))
