"""The rules of recurrent layers: over whole sequences, or up to where each sample ends."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.backends.pytorch.rules import Function, Place, function
from engine.layers.recurrent import GRU, LSTM, RNN, Recurrent


@function.register(RNN)
@function.register(LSTM)
@function.register(GRU)
def recurrent(layer: Recurrent, place: Place) -> Function:
    weights = list(place.weights.values())

    def run(x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is not None:
            return _masked(layer, x, weights, mask)
        states, final = _swept(layer, x, weights, layer.layers, layer.bidirectional)
        # The final states of the uppermost layer, those of both directions side by side.
        return states if layer.sequence else torch.cat(list(final[-layer.directions :]), dim=-1)

    return run


def _swept(
    layer: Recurrent, x: Tensor, weights: list[Tensor], layers: int = 1, bidirectional: bool = False
) -> tuple[Tensor, Tensor]:
    """The states (N, T, units) of the uppermost layer, and the final ones of all layers and directions."""
    nought = x.new_zeros(layers * (1 + bidirectional), len(x), layer.units)
    rest = (True, layers, 0.0, True, bidirectional, True)  # biases, layers, dropout, training, ways, batch in front
    if isinstance(layer, LSTM):
        states, final, _ = torch.lstm(x, [nought, nought], weights, *rest)
    elif isinstance(layer, GRU):
        states, final = torch.gru(x, nought, weights, *rest)
    else:
        compute = torch.rnn_relu if isinstance(layer, RNN) and layer.activation == "relu" else torch.rnn_tanh
        states, final = compute(x, nought, weights, *rest)
    return states, final


def _masked(layer: Recurrent, x: Tensor, weights: list[Tensor], mask: Tensor) -> Tensor:
    """Every layer and direction by itself, without waiting for the lengths: what is behind the end comes last."""
    steps = torch.arange(x.shape[1], device=x.device)
    lengths = (mask != 0).sum(1, keepdim=True)
    counts = steps < lengths
    turned = torch.where(counts, lengths - 1 - steps, steps)[..., None]  # itself where it does not count
    for number in range(layer.layers):
        ways = [weights[place : place + 4] for place in range(0, len(weights), 4)][number * layer.directions :]
        states = [_swept(layer, x, ways[0])[0]]
        if layer.bidirectional:
            states.append(_turned(_swept(layer, _turned(x, turned), ways[1])[0], turned))
        x = torch.cat(states, dim=-1)
    x = x * counts[..., None]
    if layer.sequence:
        return x
    last = x[torch.arange(len(x), device=x.device), (lengths[:, 0] - 1).clamp(min=0)]
    return torch.cat((last[:, : layer.units], x[:, 0, layer.units :]), dim=-1)


def _turned(x: Tensor, places: Tensor) -> Tensor:
    return x.gather(1, places.expand(-1, -1, x.shape[2]))
