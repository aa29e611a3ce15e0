"""Normalisation, in torch's own words."""

from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale
from tests.engine.layers.in_torch.rules import F, rule, torch, torch_of


@torch_of.register
def batch_norm(layer: BatchNorm, weights, x, training=False):
    running = weights["running_mean"], weights["running_variance"]
    scale, shift = weights.get("scale"), weights.get("shift")
    return F.batch_norm(x, *running, scale, shift, training, layer.momentum, layer.epsilon)


@rule(LayerNorm)
def layer_norm(layer, weights, x):
    return F.layer_norm(x, x.shape[-layer.axes :], weights.get("scale"), weights.get("shift"), layer.epsilon)


@rule(GroupNorm)
def group_norm(layer, weights, x):
    return F.group_norm(x, layer.groups, weights.get("scale"), weights.get("shift"), layer.epsilon)


@rule(InstanceNorm)
def instance_norm(layer, weights, x):
    return F.instance_norm(x, weight=weights.get("scale"), bias=weights.get("shift"), eps=layer.epsilon)


@rule(RMSNorm)
def rms_norm(layer, weights, x):
    return F.rms_norm(x, x.shape[-layer.axes :], weights.get("scale"), layer.epsilon)


@rule(L2Normalize)
def l2_normalize(layer, weights, x):
    """A vector with one coordinate more, √epsilon, has the length that ours is divided by."""
    axes = [axis % (x.ndim - 1) for axis in layer.axes] or list(range(x.ndim - 1))
    others = [axis for axis in range(x.ndim - 1) if axis not in axes]
    order = [0, *(axis + 1 for axis in (*others, *axes))]
    turned = x.permute(order)
    vectors = turned.flatten(1 + len(others))
    longer = torch.cat([vectors, torch.full_like(vectors[..., :1], layer.epsilon**0.5)], -1)
    unit = F.normalize(longer, dim=-1)[..., :-1]
    return unit.reshape(turned.shape).permute([order.index(axis) for axis in range(x.ndim)])


@rule(Scale)
def scale(layer, weights, x):
    first = layer.axis % (x.ndim - 1)
    last = (...,) + (None,) * (x.ndim - 1 - first - layer.axes)
    zero, one = torch.zeros((), dtype=x.dtype), torch.ones((), dtype=x.dtype)
    return torch.addcmul(weights.get("shift", zero)[last], x, weights.get("scale", one)[last])


NEAR = {3: F.avg_pool1d, 4: F.avg_pool2d, 5: F.avg_pool3d}


@rule(LRN)
def lrn(layer, weights, x):
    if layer.region == "within_channel":
        # As Caffe composes it: squares, their mean over windows with noughts around, a power, a product.
        mean = NEAR[x.ndim](x.square(), layer.size, 1, layer.size // 2)
        return x * torch.pow(layer.k + layer.alpha * mean, -layer.beta)
    return F.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)
