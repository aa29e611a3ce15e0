"""Layers that arrange values, in torch's own words."""

from engine.layers.arranging import ArgMax, Crop, Expand, Pad, Permute, Reduce, Slice, Split, Squeeze
from tests.engine.layers.in_torch.rules import F, batched, rule, torch


@rule(Pad)
def pad(layer, weights, x):
    half = len(layer.padding) // 2
    sides = [side for axis in reversed(range(half)) for side in (layer.padding[axis], layer.padding[half + axis])]
    if layer.mode == "constant":
        return F.pad(x, sides, value=layer.value)
    image = x if x.ndim > 2 else x[None]
    return F.pad(image, sides, mode="replicate" if layer.mode == "edge" else "reflect").reshape(
        *x.shape[:-half],
        *(n + layer.padding[axis] + layer.padding[half + axis] for axis, n in enumerate(x.shape[-half:])),
    )


@rule(Crop)
def crop(layer, weights, x):
    half = len(layer.cropping) // 2
    for axis, (begin, end) in enumerate(zip(layer.cropping[:half], layer.cropping[half:], strict=True)):
        place = x.ndim - half + axis
        x = x.narrow(place, begin, x.shape[place] - begin - end)
    return x


@rule(Slice)
def cut(layer, weights, x):
    axis = batched(layer.axis)
    return x.index_select(axis, torch.arange(x.shape[axis])[layer.begin : layer.end : layer.step])


REDUCTIONS = {"mean": torch.mean, "sum": torch.sum, "max": torch.amax, "min": torch.amin}


@rule(Reduce)
def reduce(layer, weights, x):
    axes = layer.axes or tuple(range(x.ndim - 1))
    return torch.stack([REDUCTIONS[layer.operation](sample, axes, layer.keep_axes) for sample in x])


@rule(Permute)
def permute(layer, weights, x):
    return torch.stack([sample.permute(layer.axes or tuple(reversed(range(sample.ndim)))) for sample in x])


@rule(Squeeze)
def squeeze(layer, weights, x):
    return torch.stack([sample.squeeze(layer.axes) if layer.axes else sample.squeeze() for sample in x])


@rule(Expand)
def expand(layer, weights, x):
    for axis in sorted(layer.axes, key=lambda axis: axis % (x.ndim - 1 + len(layer.axes))):
        x = x.unsqueeze(axis + 1 if axis >= 0 else axis)
    return x


@rule(Split)
def split(layer, weights, x):
    axis = batched(layer.axis)
    return torch.split(x, list(layer.sizes), axis) if layer.sizes else torch.chunk(x, layer.parts, axis)


@rule(ArgMax)
def arg_max(layer, weights, x):
    return x.max(batched(layer.axis), keepdim=layer.keep_axes).indices
