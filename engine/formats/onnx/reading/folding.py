"""What can be known without running anything: operators on known arrays, and the shapes of what is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.formats.onnx.reading.operator import Operator
from engine.formats.onnx.reading.values import ANY, Array, Given, Rows, Unmapped, Wire, is_open

MOST = 2**28
"""Values of an array that is computed here; a file may claim more than there is memory."""


def folded(op: Operator) -> Given | Rows | list[Given] | None:
    """What the operator makes, where that is known. Raises Unmapped where it would count samples."""
    if op.kind == "Constant":
        return Given(_constant(op), op.proto.output[0])
    if op.kind == "Shape" and isinstance(op.at(0), Wire):
        return Given(_shape(op))
    if op.kind == "Size" and isinstance(op.at(0), Wire):
        return None
    given = [it for it in op.inputs if it is not None]
    if not all(isinstance(it, Given) for it in given) or (not given and op.kind != "Constant"):
        return None
    arrays = [it.array if isinstance(it, Given) else None for it in op.inputs]
    source = given[0].source if isinstance(given[0], Given) and op.kind in _MOVES else ""
    rule = _MOVES.get(op.kind) or _COMPUTES.get(op.kind)
    if rule is None:
        return None
    table = _table(op)
    if table is not None:
        return Rows(table)
    beyond = arrays if op.kind in _COMPUTES else arrays[1:] if op.kind != "Concat" else []
    if any(is_open(array) for array in beyond if array is not None):
        raise Unmapped("calculates with the number of samples, or with a length that is not known")
    try:
        with np.errstate(all="ignore"):
            made = rule(op, *arrays)
    except (ValueError, TypeError, IndexError, OverflowError, ZeroDivisionError, MemoryError) as error:
        raise Unmapped(f"cannot be computed: {error}") from None
    return [Given(array, source) for array in made] if isinstance(made, list) else Given(made, source)


def _table(op: Operator) -> Given | None:
    """The table of which it takes the first rows, as many as there are steps: positions that are learned."""
    table, begin, end = (op.at(place) for place in range(3))
    if op.kind != "Slice" or not (isinstance(table, Given) and isinstance(begin, Given) and isinstance(end, Given)):
        return None
    axis = op.given(3)
    is_first = begin.array.tolist() == [0] and (axis is None or axis.tolist() == [0])
    return table if is_first and end.array.tolist() == [ANY] and table.rank == 2 else None


def _constant(op: Operator) -> Array:
    for name, kind in (("value_float", np.float32), ("value_floats", np.float32)):
        if (value := op.get(name)) is not None:
            return np.array(value, kind)
    for name in ("value_int", "value_ints"):
        if (value := op.get(name)) is not None:
            return np.array(value, np.int64)
    tensor = op.get("value")
    if tensor is None:
        raise Unmapped("holds neither numbers nor a tensor of them")
    return _tensor(tensor)


def _tensor(tensor: Any) -> Array:
    from pathlib import Path

    from engine.formats.onnx.reading.arrays import array_of

    return array_of(tensor, Path())


def _shape(op: Operator) -> Array:
    wire = op.at(0)
    assert isinstance(wire, Wire)
    dims = np.array(wire.dims, np.int64)
    return dims[op.get("start", 0) : op.get("end", len(dims))]


Fold = Callable[..., Array | list[Array]]


def _check(count: int) -> None:
    if count > MOST:
        raise ValueError(f"{count} values are too many")


def _axes(op: Operator, axes: Array | None) -> tuple[int, ...]:
    found = op.get("axes")
    return tuple(found) if found is not None else () if axes is None else tuple(map(int, axes.reshape(-1)))


def _unsqueeze(op: Operator, x: Array, axes: Array | None = None) -> Array:
    return np.expand_dims(x, _axes(op, axes))


def _squeeze(op: Operator, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, _axes(op, axes) or None)


def _reshape(op: Operator, x: Array, shape: Array | None = None) -> Array:
    wanted = op.get("shape") if shape is None else shape.tolist()
    keep = not op.get("allowzero", 0)
    return x.reshape([x.shape[place] if n == 0 and keep else n for place, n in enumerate(wanted)])


def _slice(
    op: Operator,
    x: Array,
    starts: Array | None = None,
    ends: Array | None = None,
    axes: Array | None = None,
    steps: Array | None = None,
) -> Array:
    begin, end = (op.get(name) or [] for name in ("starts", "ends"))
    begin = begin if starts is None else starts.tolist()
    end = end if ends is None else ends.tolist()
    over = op.get("axes") if axes is None else axes.tolist()
    every = [1] * len(begin) if steps is None else steps.tolist()
    places = [slice(None)] * x.ndim
    for axis, first, last, step in zip(over or range(len(begin)), begin, end, every, strict=True):
        places[axis] = slice(first, None if step < 0 and last < -x.shape[axis] else last, step)
    return x[tuple(places)]


def _filled(op: Operator, shape: Array) -> Array:
    value = op.get("value")
    number = np.zeros(1, np.float32) if value is None else _tensor(value)
    lengths = tuple(map(int, shape.reshape(-1)))
    if math.prod(lengths) > 8 * MOST:
        raise ValueError(f"{math.prod(lengths)} values are too many")
    return np.broadcast_to(number.reshape(()), lengths)


def _expand(op: Operator, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(map(int, shape))))


def _tile(op: Operator, x: Array, repeats: Array) -> Array:
    _check(x.size * math.prod(map(int, repeats)))
    return np.tile(x, repeats.tolist())


def _range(op: Operator, start: Array, limit: Array, delta: Array) -> Array:
    _check(int(max(0, math.ceil((float(limit) - float(start)) / float(delta)))))
    return np.arange(start.item(), limit.item(), delta.item(), dtype=start.dtype)


def _cast(op: Operator, x: Array) -> Array:
    from onnx import helper

    return x.astype(helper.tensor_dtype_to_np_dtype(op.get("to")))


def _split(op: Operator, x: Array, lengths: Array | None = None) -> list[Array]:
    count = len(op.proto.output)
    sizes = op.get("split") if lengths is None else lengths.tolist()
    ends = count if sizes is None else np.cumsum(sizes)[:-1].tolist()
    return [np.asarray(part) for part in np.split(x, ends, op.get("axis", 0))]


def _quotient(op: Operator, a: Array, b: Array) -> Array:
    return np.asarray(np.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b)


def _binary(function: Any) -> Fold:
    def fold(op: Operator, a: Array, b: Array) -> Array:
        _check(math.prod(np.broadcast_shapes(a.shape, b.shape)))
        return np.asarray(function(a, b))

    return fold


def _unary(function: Any) -> Fold:
    def fold(op: Operator, x: Array) -> Array:
        _check(x.size)
        return np.asarray(function(x), x.dtype)

    return fold


def _reduced(function: Any) -> Fold:
    def fold(op: Operator, x: Array, axes: Array | None = None) -> Array:
        over = _axes(op, axes)
        return np.asarray(function(x, axis=over or None, keepdims=bool(op.get("keepdims", 1))), x.dtype)

    return fold


_MOVES: Mapping[str, Fold] = {
    "Identity": lambda op, x: x,
    "Transpose": lambda op, x: np.transpose(x, op.get("perm")),
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    "Flatten": lambda op, x: x.reshape(math.prod(x.shape[: op.get("axis", 1)]), -1),
    "Gather": lambda op, x, places: np.take(x, places.astype(np.int64), op.get("axis", 0)),
    "Slice": _slice,
    "Split": _split,
    "Cast": _cast,
    "Concat": lambda op, *xs: np.concatenate([x for x in xs if x is not None], op.get("axis", 1)),
}
"""What only moves values: numbers that are not known may be among them."""

_COMPUTES: Mapping[str, Fold] = {
    "Shape": lambda op, x: np.array(x.shape, np.int64)[op.get("start", 0) : op.get("end", x.ndim)],
    "Size": lambda op, x: np.array(x.size, np.int64),
    "ConstantOfShape": _filled,
    "Expand": _expand,
    "Tile": _tile,
    "Range": _range,
    "Add": _binary(np.add),
    "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply),
    "Div": _quotient,
    "Pow": _binary(np.power),
    "Mod": _binary(np.mod),
    "Max": _binary(np.maximum),
    "Min": _binary(np.minimum),
    "Equal": _binary(np.equal),
    "Greater": _binary(np.greater),
    "Less": _binary(np.less),
    "And": _binary(np.logical_and),
    "Or": _binary(np.logical_or),
    "Not": _unary(np.logical_not),
    "Where": lambda op, c, a, b: np.where(c, a, b),
    "Neg": _unary(np.negative),
    "Sqrt": _unary(np.sqrt),
    "Reciprocal": _unary(np.reciprocal),
    "Exp": _unary(np.exp),
    "Log": _unary(np.log),
    "Abs": _unary(np.abs),
    "Floor": _unary(np.floor),
    "Ceil": _unary(np.ceil),
    "Sin": _unary(np.sin),
    "Cos": _unary(np.cos),
    "ReduceProd": _reduced(np.prod),
    "ReduceSum": _reduced(np.sum),
    "ReduceMax": _reduced(np.max),
    "ReduceMin": _reduced(np.min),
    "ReduceMean": _reduced(np.mean),
}
"""What calculates with values, which therefore have to be known."""
