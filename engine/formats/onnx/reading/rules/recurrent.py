"""Recurrent operators: gates in our order, sequences with their steps in front of the samples or behind them."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, at, reads
from engine.formats.onnx.reading.rules.arranging import anywhere, gathered
from engine.formats.onnx.reading.values import Array, Given, Mixed, Unmapped, Wire
from engine.layers.arranging import Expand, Permute, Slice, Squeeze
from engine.layers.merge import Concat
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent
from engine.layers.reshape import Reshape

# Where our gates are among ONNX's: our i f g o of its i o f c, our r z n of its z r h (Operators.md, W).
_GATES: dict[str, tuple[int, ...]] = {"RNN": (0,), "LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}
_KINDS: dict[str, type[Recurrent]] = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}
_FUNCTIONS = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"]}


@reads("RNN", "LSTM", "GRU")
def recurrent(op: Operator) -> Made:
    op.only(0, 1)
    _check(op)
    direction = op.get("direction", "forward")
    x = _steps_first(op)
    steps = len(x.shape) - 2
    count = x.shape[steps]
    is_reverse = direction == "reverse"
    if is_reverse:
        x = gathered(op, x, steps, _backwards(count))
    fields = {"units": op.get("hidden_size"), "bidirectional": direction == "bidirectional"}
    if op.kind == "RNN":
        fields["activation"] = _activation(op)
    weights = _weights(op, count)
    layer = _KINDS[op.kind](sequence=op.used(0), **fields)
    made = op.each(layer, x, 2, **weights)
    if op.used(0) and is_reverse:
        return _states(op, gathered(op, made, steps, _backwards(count)), layer), _final(
            op, _ends(op, made, layer), layer
        )
    if not op.used(0):
        return None, _final(op, made, layer)
    return _states(op, made, layer), _final(op, _ends(op, made, layer), layer) if op.used(1) else None


def _backwards(count: int) -> range:
    if count < 0:
        raise Unmapped("reads sequences of any length from their end")
    return range(count - 1, -1, -1)


def _steps_first(op: Operator) -> Wire:
    """Samples (steps, features): within the whole tensor, (samples, steps, features)."""
    x = anywhere(op)
    layout = op.get("layout", 0)
    if x.batch is not None:
        if x.batch != 1 - layout or x.rank != 3:
            raise Mixed("has its steps in front of the samples")
        return at(x, 0)
    return x if layout else op.put(Permute((1, 0, 2)), x)


def _states(op: Operator, made: Wire, layer: Recurrent) -> Wire:
    """Y: (steps, directions, samples, units), or (samples, steps, directions, units)."""
    parts = _apart(op, made, layer)
    if op.get("layout", 0):
        return parts
    return at(parts, 2) if parts.batch is not None else op.put(Permute((1, 2, 0, 3)), parts)


def _final(op: Operator, made: Wire, layer: Recurrent) -> Wire:
    """Y_h: (directions, samples, units), or (samples, directions, units)."""
    parts = _apart(op, made, layer)
    if op.get("layout", 0):
        return parts
    return at(parts, 1) if parts.batch is not None else op.put(Permute((1, 0, 2)), parts)


def _apart(op: Operator, made: Wire, layer: Recurrent) -> Wire:
    """(…, directions · units) as (…, directions, units)."""
    *front, _ = made.shape
    if layer.directions == 1:
        return op.put(Expand((len(front),)), made)
    return op.put(Reshape((*front, layer.directions, layer.units)), made)


def _ends(op: Operator, made: Wire, layer: Recurrent) -> Wire:
    """The final states among those of all steps: the last on the way there, the first on the way back."""
    axis = len(made.shape) - 2
    last = op.put(Slice(axis, -1), made)
    if layer.directions == 2:
        first = op.put(Slice(-1, layer.units), op.put(Slice(axis, 0, 1), made))
        last = op.put(Concat(axis=-1), op.put(Slice(-1, 0, layer.units), last), first)
    return op.put(Squeeze((axis,)), last)


def _check(op: Operator) -> None:
    """Raises Unmapped for what our recurrent layers do not do."""
    for place, what in ((5, "begins with a state"), (6, "begins with a state"), (7, "has peepholes")):
        state = op.given(place)
        if state is not None and state.any():
            raise Unmapped(what)
    if op.get("clip") is not None or op.get("input_forget", 0):
        raise Unmapped("clips its gates, or couples them")
    wanted = _FUNCTIONS.get(op.kind)
    functions = [it.decode() if isinstance(it, bytes) else it for it in op.get("activations", [])]
    if wanted and functions and functions != wanted * (len(functions) // len(wanted)):
        raise Unmapped(f"has other functions than {', '.join(wanted)}")
    lengths = op.given(4)
    x = op.at(0)
    if lengths is not None and x is not None and (lengths != x.dims[op.get("layout", 0)]).any():
        raise Unmapped("has sequences of unequal length")


def _activation(op: Operator) -> str:
    functions = {it.decode() if isinstance(it, bytes) else it for it in op.get("activations", ["Tanh"])}
    if functions not in ({"Tanh"}, {"Relu"}):
        raise Unmapped(f"has the functions {', '.join(sorted(functions))}")
    return str(functions.pop()).lower()


def _weights(op: Operator, steps: int) -> dict[str, Any]:
    inputs, hidden, biases = (op.given(place) for place in (1, 2, 3))
    if inputs is None or hidden is None:
        raise Unmapped("has no weights")
    if inputs.ndim != 3 or hidden.ndim != 3:
        raise Unmapped("has weights that are no matrices for each direction")
    rows = inputs.shape[1]
    gates = _GATES[op.kind]
    made: dict[str, Any] = {}
    for place in range(len(inputs)):
        way = "_reverse" if place else ""
        both = np.zeros(2 * rows, np.float32) if biases is None else biases[place]
        made[f"input_weight{way}0"] = Given(_ordered(inputs[place], gates))
        made[f"hidden_weight{way}0"] = Given(_ordered(hidden[place], gates))
        first, second = (_ordered(part, gates) for part in np.split(both, 2))
        if op.kind == "GRU" and not op.get("linear_before_reset", 0):
            first, second = _reset_before(first, second, steps)
        made[f"input_bias{way}0"], made[f"hidden_bias{way}0"] = Given(first), Given(second)
    return made


def _reset_before(first: Array, second: Array, steps: int) -> tuple[Array, Array]:
    """Our GRU resets after the product; in a sequence of one step there is nothing to reset but the bias."""
    if steps != 1:
        raise Unmapped("resets before the product, and the GRU of the catalogue after it")
    first, second = first.copy(), second.copy()
    new = slice(len(first) // 3 * 2, None)
    first[new] += second[new]
    second[new] = 0
    return first, second


def _ordered(values: Array, gates: tuple[int, ...]) -> Array:
    blocks = np.split(values, len(gates))
    return np.concatenate([blocks[gate] for gate in gates])
