"""Products with matrices, learned ones and computed ones, and rows of tables."""

from __future__ import annotations

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, at, reads
from engine.formats.onnx.reading.rules.arranging import anywhere, gathered
from engine.formats.onnx.reading.values import Given, Mixed, Unmapped, Wire
from engine.layers.activation import Power
from engine.layers.arranging import Expand, Slice, Squeeze
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.merge import Add, MatMul
from engine.layers.reshape import Reshape


@reads("MatMul")
def mat_mul(op: Operator) -> Made:
    a, b = op.at(0), op.at(1)
    if isinstance(b, Given) and b.rank == 2 and isinstance(a, Wire) and (a.batch is None or a.batch < a.rank - 1):
        return _dense(op, a, b)
    if isinstance(a, Given) or isinstance(b, Given):
        return _with_fixed(op)
    a, b = op.wire(0), op.wire(1)
    if a.batch is not None and (a.rank != b.rank or a.rank < 3):
        raise Mixed("multiplies samples with what has no axis for them")
    return _product(op, a, b)


def _dense(op: Operator, x: Wire, weight: Given) -> Wire:
    turned = Given(np.ascontiguousarray(weight.array.T), weight.source)
    return op.put(Dense(units=weight.dims[1], bias=False), x, weight=turned)


def _with_fixed(op: Operator) -> Wire:
    """A product with a matrix that is known and stands before, or that has more axes."""
    wire = next(it for it in op.inputs if isinstance(it, Wire))
    made = []
    for it in op.inputs[:2]:
        if isinstance(it, Given):
            if wire.batch is not None and (it.rank > wire.rank or (it.rank == wire.rank and it.dims[0] != 1)):
                raise Mixed("multiplies each sample with another matrix")
            array = it.array[0] if wire.batch is not None and it.rank == wire.rank else it.array
            it = at(op.constant(array), wire.batch)
        if it is None or it.batch:
            raise Mixed("multiplies along the axis of the samples")
        made.append(it)
    if wire.batch is not None and len(wire.shape) < 2:
        raise Mixed("multiplies samples as columns")
    return _product(op, *made)


def _product(op: Operator, a: Wire, b: Wire) -> Wire:
    """Vectors are matrices of one row or column for a while, as numpy has it."""
    row, column = len(a.shape) == 1, len(b.shape) == 1
    a = op.put(Expand((0,)), a) if row else a
    b = op.put(Expand((1,)), b) if column else b
    made = op.put(MatMul(), a, b)
    gone = (*((-2,) if row else ()), *((-1,) if column else ()))
    return op.put(Squeeze(gone), made) if gone else made


@reads("Gemm")
def gemm(op: Operator) -> Made:
    alpha, beta = op.get("alpha", 1.0), op.get("beta", 1.0)
    x, b, c = op.at(0), op.at(1), op.at(2)
    is_learned = isinstance(x, Wire) and isinstance(b, Given) and not op.get("transA", 0) and len(x.dims) == 2
    if is_learned and (c is None or isinstance(c, Given)) and isinstance(b, Given):
        units = b.dims[0 if op.get("transB", 0) else 1]
        weight = b if op.get("transB", 0) else Given(np.ascontiguousarray(b.array.T), b.source)
        weight = weight if alpha == 1 else Given(weight.array * np.float32(alpha))
        if not isinstance(c, Given):
            return op.put(Dense(units=units, bias=False), op.x, weight=weight)
        bias = c.array if beta == 1 else c.array * np.float32(beta)
        if bias.ndim < 2 or bias.shape[0] == 1:
            values = np.broadcast_to(bias.reshape(bias.shape[-1:]), (units,))
            return op.put(Dense(units=units), op.x, weight=weight, bias=Given(values, c.source))
    return _whole(op, alpha, beta)


def _whole(op: Operator, alpha: float, beta: float) -> Wire:
    """Of matrices that are computed: a product, and what is added to it."""
    if op.draft.is_batched:
        raise Mixed("multiplies whole matrices")
    made = op.put(MatMul(bool(op.get("transA", 0)), bool(op.get("transB", 0))), op.wire(0), op.wire(1))
    made = made if alpha == 1 else op.put(Power(scale=alpha), made)
    if op.at(2) is None:
        return made
    c = op.wire(2)
    return op.put(Add(), made, c if beta == 1 else op.put(Power(scale=beta), c))


@reads("Gather")
def gather(op: Operator) -> Made:
    table, places = op.at(0), op.at(1)
    if isinstance(table, Given) and isinstance(places, Wire):
        return _rows(op, table, places)
    if not isinstance(places, Given):
        raise Unmapped("takes places that are computed")
    x = anywhere(op)
    axis = op.axis(op.get("axis", 0), x)
    length = x.shape[axis]
    wanted = [place + length * (place < 0) for place in places.array.reshape(-1).tolist()] if length >= 0 else None
    if wanted is None:
        if places.rank or places.array.item() < -1:
            raise Unmapped("takes places of an axis of any length")
        place = int(places.array.item())
        wanted_end = None if place == -1 else place + 1
        return _dropped(op, op.put(Slice(axis, place, wanted_end), x), axis, x)
    if any(not 0 <= place < length for place in wanted):
        raise Unmapped(f"takes a place beyond the {length} of its axis")
    made = gathered(op, x, axis, wanted)
    if places.rank == 0:
        return _dropped(op, made, axis, x)
    if places.rank == 1:
        return made
    if x.batch:
        raise Mixed("takes places before the axis of the samples")
    return op.put(Reshape((*x.shape[:axis], *places.dims, *x.shape[axis + 1 :])), made)


def _dropped(op: Operator, made: Wire, axis: int, x: Wire) -> Wire:
    batch = x.batch
    if batch is not None and op.get("axis", 0) % x.rank < batch:
        batch -= 1
    return at(op.put(Squeeze((axis,)), made), batch)


def _rows(op: Operator, table: Given, places: Wire) -> Wire:
    if table.rank != 2 or op.get("axis", 0) % 2 or table.array.dtype.kind != "f":
        raise Unmapped(f"takes parts of an array of the shape {table.dims}")
    op.draft.classes(places.link.node, table.dims[0])
    return op.put(Embedding(classes=table.dims[0], units=table.dims[1]), places, weight=table)
