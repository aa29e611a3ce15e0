"""Recurrent layers, in torch's own words."""

from engine.layers.recurrent import GRU, LSTM, RNN
from tests.engine.layers.in_torch.rules import rule, torch

OURS = {"weight_ih": "input_weight", "weight_hh": "hidden_weight", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}


@rule(RNN, LSTM, GRU)
def recurrent(layer, weights, x):
    options = {"nonlinearity": layer.activation} if isinstance(layer, RNN) else {}
    options |= {"batch_first": True, "bidirectional": layer.bidirectional, "dtype": x.dtype}
    made = getattr(torch.nn, type(layer).__name__)(x.shape[-1], layer.units, layer.layers, **options)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            kind, _, place = name.partition("_l")
            number, _, way = place.partition("_")
            parameter.copy_(weights[f"{OURS[kind]}{'_reverse' if way else ''}{number}"])
        states, final = made(x)
    final = final[0] if isinstance(layer, LSTM) else final
    return states if layer.sequence else torch.cat(tuple(final[-layer.directions :]), -1)
