"""The rules of layers that make images finer, and of pooling into parts: products with a matrix for each axis."""

from __future__ import annotations

from engine.backends.gluon.rules import Place, S, Symbol, symbol
from engine.backends.resampling import Matrix, blends, means
from engine.layers.pooling import AdaptiveAvgPool
from engine.layers.resampling import PixelShuffle, Upsample


@symbol.register
def adaptive_avg_pool(layer: AdaptiveAvgPool, place: Place, x: Symbol) -> Symbol:
    lengths, parts = place.shape()[1:], place.site.outputs[0].shape[1:]
    for axis, (cells, made) in enumerate(zip(lengths, parts, strict=True), start=2):
        x = x if cells == made else _along(axis, means(cells, made), place, x)
    return x


@symbol.register
def upsample(layer: Upsample, place: Place, x: Symbol) -> Symbol:
    factors = layer.factors(place.shape())
    if layer.mode == "nearest" and len(factors) == 2 and len(set(factors)) == 1:
        return S.UpSampling(x, scale=factors[0], sample_type="nearest")  # five times as fast as repeats
    axes = zip(place.shape()[1:], factors, strict=True)
    for axis, (cells, factor) in enumerate(axes, start=2):
        if factor == 1:
            continue
        if layer.mode == "nearest":
            x = S.repeat(x, repeats=factor, axis=axis)
        else:
            x = _along(axis, blends(cells, factor, align_corners=layer.align_corners), place, x)
    return x


def _along(axis: int, matrix: Matrix, place: Place, x: Symbol) -> Symbol:
    """Each line along an axis times a matrix."""
    last = len(place.shape())
    turned = x if axis == last else S.swapaxes(x, axis, last)
    made = S.FullyConnected(turned, place.constant(matrix), num_hidden=len(matrix), no_bias=True, flatten=False)
    return made if axis == last else S.swapaxes(made, axis, last)


@symbol.register
def pixel_shuffle(layer: PixelShuffle, place: Place, x: Symbol) -> Symbol:
    channels, height, width = place.site.outputs[0].shape
    factor = layer.factor
    # MXNet's depth_to_space has the channels last among those that are laid out.
    parts = (place.samples(channels), factor, factor, height // factor, width // factor)
    return place.reshaped(S.transpose(S.reshape(x, shape=parts), axes=(0, 3, 1, 4, 2)), (channels, height, width))
