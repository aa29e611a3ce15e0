"""MXNet's fused recurrent operator: all its weights lie in one array, and steps come before samples."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Given, States, Unmapped
from engine.layers.base import Shape
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent

LAYERS = 256
"""Layers of one operator."""
MODES: dict[str, Recurrent] = {
    "rnn_relu": RNN(activation="relu"),
    "rnn_tanh": RNN(activation="tanh"),
    "lstm": LSTM(),
    "gru": GRU(),
}
"""Their gates come in our order."""


@reads("RNN")
def recurrent(op: Operator) -> Made:
    layer = layer_of(op)
    op.set.flag("state_outputs")
    if op.set.maybe("projection_size") or op.set.flag("use_sequence_length"):
        raise Unmapped("it projects its states, or ends by lengths")
    if op.set.real("p"):
        op.approximated(f"drops {op.set.real('p'):g} of the values between its layers while training")
    if op.x.batch != 1:
        raise Unmapped("its samples do not lie along the second axis")
    for place in range(2, len(op.inputs)):
        _check_begins_empty(op.inputs[place])
    weights = dict(_parts(layer, op.given(1), op.x.known[-1], op.entry.name))
    last = op.put(layer, weights=weights, suffix="last" if 0 in op.used else "") if op.used != {0} else op.x
    every = op.put(replace(layer, sequence=True), weights=weights) if 0 in op.used or not op.used else op.x
    states = States(replace(last, batch=0), layer.layers, layer.directions, 0, layer.layers * layer.directions)
    return every, states, states


def layer_of(op: Operator) -> Recurrent:
    """The layer, which gives its final state alone. Raises Unmapped."""
    layer = MODES.get(op.set.word("mode"))
    if layer is None:
        raise Unmapped(f"its mode {op.set.word('mode')} is not known")
    if op.set.whole("num_layers", 1) > LAYERS:
        raise Unmapped(f"it has {op.set.whole('num_layers'):,} layers")
    return replace(
        layer,
        units=op.set.whole("state_size"),
        layers=op.set.whole("num_layers", 1),
        bidirectional=op.set.flag("bidirectional"),
    )


def _check_begins_empty(state: object) -> None:
    is_empty = isinstance(state, Given) and (state.fill == 0 or (state.array is not None and not state.array.any()))
    if not is_empty:
        raise Unmapped("it begins with a state that is given")


def features_of(layer: Recurrent, size: int) -> int:
    """How many features enter a layer with so many weights in all; -1 where none fit."""
    gates, units, ways = layer.GATES * layer.units, layer.units, layer.directions
    above = (layer.layers - 1) * ways * gates * (units * ways + units) + layer.layers * ways * gates * 2
    features, rest = divmod(size - above - ways * gates * units, ways * gates)
    return features if features > 0 and not rest else -1


def _parts(layer: Recurrent, packed: Given, features: int, owner: str) -> Iterator[tuple[str, Given]]:
    """The matrices of all layers and directions, then their biases, as they lie in the one array."""
    shapes = {weight.name: weight.shape for weight in layer.weights((-1, features))}
    values = None if packed.array is None else packed.array.ravel()
    if values is not None and values.size != sum(_size(shape) for shape in shapes.values()):
        raise Unmapped(f"it has {values.size:,} weights, which do not go with {features} features")
    place = 0
    for name in _order(layer):
        shape = shapes[name]
        part = None if values is None else values[place : place + _size(shape)].reshape(shape)
        yield name, Given(part, shape, owner=f"{packed.owner or owner}/{name}", marks=packed.marks)
        place += _size(shape)


def _order(layer: Recurrent) -> Iterator[str]:
    ways = ("", "_reverse")[: layer.directions]
    for kind, number, way, side in itertools.product(
        ("weight", "bias"), range(layer.layers), ways, ("input", "hidden")
    ):
        yield f"{side}_{kind}{way}{number}"


def _size(shape: Shape) -> int:
    return shape[0] * shape[1] if len(shape) == 2 else shape[0]
