"""The rules of recurrent layers: over whole sequences, or up to where each sample ends."""

from __future__ import annotations

import itertools

from engine.backends.gluon.rules import Place, S, Symbol, symbol
from engine.declare import name_of
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent


@symbol.register(RNN)
@symbol.register(LSTM)
@symbol.register(GRU)
def recurrent(layer: RNN | LSTM | GRU, place: Place, x: Symbol, mask: Symbol | None) -> Symbol:
    x = S.swapaxes(x, 0, 1)  # MXNet has the steps first
    if mask is not None:
        return _masked(layer, place, x, S.sum(mask != 0, axis=1))
    outputs = _swept(layer, place, x, _packed(layer, place), layer.layers, layer.bidirectional)
    return S.swapaxes(outputs[0], 0, 1) if layer.sequence else _last(layer, outputs[1])


def _swept(
    layer: Recurrent, place: Place, x: Symbol, weights: Symbol, layers: int = 1, bidirectional: bool = False
) -> Symbol:
    """The states (T, N, units) of the uppermost layer, and the final ones of all layers and directions."""
    nought = S.zeros((layers * (1 + bidirectional), max(0, place.batch), layer.units))  # 0: as many samples as enter
    states = {"state": nought, "state_cell": nought} if isinstance(layer, LSTM) else {"state": nought}
    return S.RNN(
        x,
        weights,
        **states,
        mode=f"rnn_{layer.activation}" if isinstance(layer, RNN) else name_of(layer),
        state_size=layer.units,
        num_layers=layers,
        bidirectional=bidirectional,
        state_outputs=True,
    )


def _masked(layer: Recurrent, place: Place, x: Symbol, lengths: Symbol) -> Symbol:
    """Every layer and direction by itself: only on GPUs does MXNet's own operator know of lengths."""
    ends = {"sequence_length": lengths, "use_sequence_length": True}
    for number in range(layer.layers):
        states = [_swept(layer, place, x, _one(place, f"{number}"))[0]]
        if layer.bidirectional:
            back = _swept(layer, place, S.SequenceReverse(x, **ends), _one(place, f"_reverse{number}"))[0]
            states.append(S.SequenceReverse(back, **ends))
        x = S.concat(*states, dim=2)
    x = S.SequenceMask(x, **ends)
    if layer.sequence:
        return S.swapaxes(x, 0, 1)
    last = S.SequenceLast(x, sequence_length=S.maximum(lengths, 1), use_sequence_length=True)
    if not layer.bidirectional:
        return last
    first = S.squeeze(S.slice_axis(x, axis=0, begin=0, end=1), axis=0)
    halves = ((last, 0), (first, layer.units))
    return S.concat(*(S.slice_axis(x, axis=1, begin=begin, end=begin + layer.units) for x, begin in halves), dim=1)


def _one(place: Place, suffix: str) -> Symbol:
    """The weights of one layer in one direction."""
    names = (f"{side}_{kind}{suffix}" for kind, side in itertools.product(("weight", "bias"), ("input", "hidden")))
    return S.concat(*(S.reshape(place.weights[name], shape=(-1,)) for name in names), dim=0)


def _packed(layer: Recurrent, place: Place) -> Symbol:
    """All weights in one array, as MXNet wants them: the matrices of all layers and directions, then their biases."""
    ways = ("", "_reverse")[: layer.directions]
    names = [
        f"{side}_{kind}{way}{number}"
        for kind, number, way, side in itertools.product(
            ("weight", "bias"), range(layer.layers), ways, ("input", "hidden")
        )
    ]
    return S.concat(*(S.reshape(place.weights[name], shape=(-1,)) for name in names), dim=0)


def _last(layer: Recurrent, final: Symbol) -> Symbol:
    """The final states of the uppermost layer, those of both directions side by side."""
    last = [
        S.squeeze(S.slice_axis(final, axis=0, begin=place, end=place + 1), axis=0)
        for place in range((layer.layers - 1) * layer.directions, layer.layers * layer.directions)
    ]
    return S.concat(*last, dim=1)
