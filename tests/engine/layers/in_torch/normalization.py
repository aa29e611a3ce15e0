"""Normalisation, in torch's own words."""

from engine.layers.normalization import LRN, BatchNorm, LayerNorm
from tests.engine.layers.in_torch.rules import F, rule, torch_of


@torch_of.register
def batch_norm(layer: BatchNorm, weights, x, training=False):
    running = weights["running_mean"], weights["running_variance"]
    scale, shift = weights.get("scale"), weights.get("shift")
    return F.batch_norm(x, *running, scale, shift, training, layer.momentum, layer.epsilon)


@rule(LayerNorm)
def layer_norm(layer, weights, x):
    return F.layer_norm(x, x.shape[-layer.axes :], weights.get("scale"), weights.get("shift"), layer.epsilon)


@rule(LRN)
def lrn(layer, weights, x):
    return F.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)
