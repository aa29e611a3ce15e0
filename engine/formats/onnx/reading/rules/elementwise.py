"""Several values made into one at each place; with known numbers they are a scale, a shift or a power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.formats.onnx.reading.operator import Operator, reads, short
from engine.formats.onnx.reading.values import Array, Given, Mixed, Rows, Unmapped, Wire
from engine.layers.activation import Power, ReLU
from engine.layers.arranging import Identity
from engine.layers.base import Layer
from engine.layers.embedding import PositionalEncoding
from engine.layers.merge import Add, Average, Divide, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import Scale

_KINDS: dict[str, type[Layer]] = {
    "Add": Add,
    "Sub": Subtract,
    "Mul": Multiply,
    "Div": Divide,
    "Max": Maximum,
    "Min": Minimum,
    "Sum": Add,
    "Mean": Average,
}


@reads(*_KINDS)
def combined(op: Operator) -> Wire:
    if op.rows is not None:
        return _positions(op, op.rows)
    values = [it for it in op.inputs if it is not None]
    if len(values) == 1:
        return op.unary(Identity())
    values = _aligned(op, values)
    wires = [it for it in values if isinstance(it, Wire)]
    if len(values) == 2 and len(wires) == 1:
        place = values.index(wires[0])
        other = values[1 - place]
        assert isinstance(other, Given)
        found = _with_known(op, wires[0], other, place == 0)
        if found is not None:
            return found
    return op.put(_KINDS[op.kind](), *_together(op, values))


def _positions(op: Operator, learned: Rows) -> Wire:
    """What is learned for each step, added to it."""
    x = op.wire(1 if op.at(0) is None else 0)
    if len(x.shape) != 2:
        raise Unmapped("adds rows of a table, as many as there are steps")
    return op.put(PositionalEncoding(kind="learned", length=learned.table.dims[0]), x, weight=learned.table)


@reads("Pow")
def power(op: Operator) -> Wire:
    exponent = op.at(1)
    x = op.at(0)
    if isinstance(exponent, Given) and exponent.array.size == 1 and isinstance(x, Wire) and exponent.rank <= x.rank:
        return op.put(Power(power=short(float(exponent.array.item()))), x)
    raise Unmapped("raises to a power that is not one number")


def _aligned(op: Operator, values: list[Wire | Given]) -> list[Wire | Given]:
    """Before version 7 a second input was aligned at a named axis."""
    axis = op.get("axis")
    if op.opset >= 7 or not op.get("broadcast") or axis is None:
        return values
    first, second = values
    if not isinstance(second, Given):
        raise Unmapped("aligns what is computed at an axis, as before version 7")
    behind = first.rank - second.rank - axis % first.rank
    return [first, Given(second.array.reshape(*second.dims, *(1,) * behind), second.source)]


def _with_known(op: Operator, x: Wire, known: Given, is_first: bool) -> Wire | None:
    """One layer for a computed value and a known one; None: the known one is drawn."""
    array = known.array
    if array.dtype.kind != "f":
        raise Unmapped(f"computes with {array.dtype} values")
    if array.size == 1 and array.ndim <= x.rank:
        return _with_number(op, x, short(float(array.item())), is_first)
    sample = _sample(op, x, array)
    if op.kind not in ("Add", "Sub", "Mul", "Div", "Sum") or (op.kind == "Div" and not is_first) or sample is None:
        return None
    if len(x.shape) != sample.ndim or any(n not in (1, m) for m, n in zip(x.shape, sample.shape, strict=True)):
        return None
    return _learned(op, x, sample, known.source, is_first)


def _with_number(op: Operator, x: Wire, number: float, is_first: bool) -> Wire | None:
    layers: dict[str, Layer] = {
        "Add": Power(shift=number),
        "Sum": Power(shift=number),
        "Sub": Power(shift=-number) if is_first else Power(scale=-1.0, shift=number),
        "Mul": Power(scale=number),
    }
    if op.kind == "Max" and number == 0:
        return op.put(ReLU(), x)
    if op.kind == "Div" and number != 0:
        return op.put(Power(scale=1 / number) if is_first else Power(power=-1.0, scale=1 / number), x)
    if op.kind == "Div" and not is_first:
        return op.put(Power(scale=0.0), op.put(Power(power=-1.0), x))
    return op.put(layers[op.kind], x) if op.kind in layers else None


def _sample(op: Operator, x: Wire, array: Array) -> Array | None:
    """What of a known array stands against a sample, with as many axes. Raises Mixed."""
    if array.ndim > x.rank:
        return None
    full = array.reshape((1,) * (x.rank - array.ndim) + array.shape)
    if x.batch is None:
        return full
    if full.shape[x.batch] != 1:
        raise Mixed("takes another array for each sample")
    return np.squeeze(full, x.batch)


def _learned(op: Operator, x: Wire, sample: Array, source: str, is_first: bool) -> Wire | None:
    """A Scale, where the places that have values of their own are axes side by side."""
    own = [axis for axis, length in enumerate(sample.shape) if length != 1]
    if not own:
        return None
    run = slice(own[0], own[-1] + 1)
    if x.shape[run] != sample.shape[run]:
        return None
    values = sample.reshape(sample.shape[run])
    axis = own[0] if own[0] == 0 else own[0] - len(x.shape)
    count = run.stop - run.start
    if op.kind in ("Mul", "Div"):
        return op.put(
            Scale(axis=axis, axes=count, shift=False),
            x,
            scale=Given(values if op.kind == "Mul" else 1 / values, source),
        )
    if op.kind == "Sub" and not is_first:
        x = op.put(Power(scale=-1.0), x)
    shift = -values if op.kind == "Sub" and is_first else values
    return op.put(Scale(axis=axis, axes=count, scale=False), x, shift=Given(shift, source))


def _together(op: Operator, values: list[Wire | Given]) -> list[Wire]:
    """All as wires whose samples stand against each other as the whole tensors did. Raises Mixed."""
    wires = [it for it in values if isinstance(it, Wire)]
    if not wires:
        wires = [op.wire(0)]
    rank, batch = max(it.rank for it in values), wires[0].batch
    if batch is not None and any(wire.rank != rank or wire.batch != batch for wire in wires):
        raise Mixed("combines samples with what has no axis for them")
    x = max(wires, key=lambda wire: wire.rank)
    made = []
    for it in values:
        if isinstance(it, Wire):
            made.append(it)
            continue
        sample = _sample(op, x, it.array)
        if sample is None and batch is not None:
            raise Mixed("combines samples with an array of more axes")
        made.append(replace(op.constant(it.array if sample is None else sample), batch=batch))
    return made
