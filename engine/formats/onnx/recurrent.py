"""Recurrent layers in ONNX: its gates stand in another order, and its sequences have their steps in front."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from engine.formats.onnx.rules import rule
from engine.formats.onnx.scope import Array, Scope
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent

# Where ONNX's gates are among ours: LSTM i o f c of our i f g o, GRU z r h of our r z n (Operators.md, W).
_LSTM_GATES = (0, 3, 1, 2)
_GRU_GATES = (1, 0, 2)


@rule.register
def rnn(layer: RNN, to: Scope) -> str:
    return _stacked("RNN", layer, (0,), to, activations=[layer.activation.capitalize()] * layer.directions)


@rule.register
def lstm(layer: LSTM, to: Scope) -> str:
    return _stacked("LSTM", layer, _LSTM_GATES, to)


@rule.register
def gru(layer: GRU, to: Scope) -> str:
    return _stacked("GRU", layer, _GRU_GATES, to, linear_before_reset=1)


def _stacked(kind: str, layer: Recurrent, gates: tuple[int, ...], to: Scope, **attributes: Any) -> str:
    """All layers, one above the other; inside, sequences are (T, batch, F)."""
    x = to.op("Transpose", to.x, perm=[1, 0, 2])
    ends = [_lengths(to, to.inputs[1])] if len(to.inputs) > 1 else []
    attributes |= {"hidden_size": layer.units, "direction": "bidirectional" if layer.bidirectional else "forward"}
    for number in range(layer.layers):
        weights = _weights(layer, number, gates, to)
        is_last = number == layer.layers - 1
        if is_last and not layer.sequence:
            final = to.op(kind, x, *weights, *ends, output=1, **attributes)  # Y_h: (ways, batch, units)
            return to.op("Reshape", to.op("Transpose", final, perm=[1, 0, 2]), _joined(layer, to, 1))
        states = to.op(kind, x, *weights, *ends, **attributes)  # Y: (T, ways, batch, units)
        perm = [2, 0, 1, 3] if is_last else [0, 2, 1, 3]
        x = to.op("Reshape", to.op("Transpose", states, perm=perm), _joined(layer, to, 2))
    return x


def _lengths(to: Scope, mask: str) -> str:
    """How many steps of each sample count (batch): `sequence_lens`."""
    signal = to.site.inputs[1]
    zero = to.whole("zero", (0,)) if signal and signal.values == "index" else to.number("zero", 0.0)
    counts = to.op("Cast", to.op("Not", to.op("Equal", mask, zero)), to=TensorProto.INT32)
    return to.op("ReduceSum", counts, to.whole("steps", (1,)), keepdims=0)


def _joined(layer: Recurrent, to: Scope, kept: int) -> str:
    """The shape that puts the states of both ways side by side behind `kept` axes that stay."""
    return to.whole(f"joined{kept}", (*(0,) * kept, layer.units * layer.directions))


def _weights(layer: Recurrent, number: int, gates: tuple[int, ...], to: Scope) -> tuple[str, str, str]:
    """W and R (ways, gates·units, *) and B (ways, 2·gates·units), as ONNX wants them."""
    ways = ("", "_reverse")[: layer.directions]

    def of(name: str) -> list[Array]:
        return [_reordered(to.values(f"{name}{way}{number}"), gates) for way in ways]

    biases = [np.concatenate(pair) for pair in zip(of("input_bias"), of("hidden_bias"), strict=True)]
    return (
        to.constant(f"W{number}", np.stack(of("input_weight"))),
        to.constant(f"R{number}", np.stack(of("hidden_weight"))),
        to.constant(f"B{number}", np.stack(biases)),
    )


def _reordered(values: Array, gates: tuple[int, ...]) -> Array:
    blocks = np.split(values, len(gates))
    return np.concatenate([blocks[gate] for gate in gates])
