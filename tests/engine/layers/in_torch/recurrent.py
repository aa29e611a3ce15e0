"""Recurrent layers, in torch's own words."""

from engine.layers.distributed import TimeDistributed
from engine.layers.recurrent import GRU, LSTM, RNN
from tests.engine.layers.in_torch.rules import rule, torch, torch_of


@rule(TimeDistributed)
def time_distributed(layer, weights, x):
    return torch.stack([torch_of(layer.layer, weights, x[:, t]) for t in range(x.shape[1])], 1)


OURS = {"weight_ih": "input_weight", "weight_hh": "hidden_weight", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}


@rule(RNN, LSTM, GRU)
def recurrent(layer, weights, x, mask=None):
    options = {"nonlinearity": layer.activation} if isinstance(layer, RNN) else {}
    options |= {"batch_first": True, "bidirectional": layer.bidirectional, "dtype": x.dtype}
    made = getattr(torch.nn, type(layer).__name__)(x.shape[-1], layer.units, layer.layers, **options)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            kind, _, place = name.partition("_l")
            number, _, way = place.partition("_")
            parameter.copy_(weights[f"{OURS[kind]}{'_reverse' if way else ''}{number}"])
        if mask is None:
            states, final = made(x)
        else:
            rnn = torch.nn.utils.rnn
            packed = rnn.pack_padded_sequence(x, (mask != 0).sum(1), batch_first=True, enforce_sorted=False)
            states, final = made(packed)
            states, _ = rnn.pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    final = final[0] if isinstance(layer, LSTM) else final
    return states if layer.sequence else torch.cat(tuple(final[-layer.directions :]), -1)
