"""The transforms by chance at work. What each sample meets follows from `draws` alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.applying import LUMA, apply
from engine.data.augmentations import (
    ColorJitter,
    CutOut,
    Noise,
    RandomAffine,
    RandomErasing,
    RandomResizedCrop,
    RandomRotation,
)
from engine.data.chance import Draws
from engine.data.columns import Array
from engine.data.warping import sized, warped

Floats = NDArray[np.float64]

THROWS = 10
"""How often a rectangle is looked for."""

# Red, green and blue to brightness and the two axes of colour of NTSC (YIQ), as the FCC defined it in 1953.
_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


@apply.register
def _(rule: RandomRotation, batch: Array, draws: Draws) -> Array:
    return apply(RandomAffine(degrees=rule.degrees, fill=rule.fill, filter=rule.filter), batch, draws)


@apply.register
def _(rule: RandomAffine, batch: Array, draws: Draws) -> Array:
    height, width = batch.shape[-2:]
    turned = np.radians(draws.around(rule.degrees))
    slanted = np.radians(draws.around(rule.shear, 1))
    scaled = draws.between(rule.scale, 2)
    down = draws.around(rule.translate[0], 3) * height
    right = draws.around(rule.translate[1], 4) * width
    inverses = _inverses(turned, slanted, scaled, (right, down), (width / 2, height / 2))
    maps = zip(batch, inverses, strict=True)
    return np.stack([warped(image, inverse.tolist(), rule.filter, rule.fill) for image, inverse in maps])


def _inverses(
    turned: Floats, slanted: Floats, scaled: Floats, moved: tuple[Floats, Floats], middle: tuple[float, float]
) -> Floats:
    """For every sample (a, b, c, d, e, f) of the way back from where a point is seen to where it comes from."""
    cosine, sine = np.cos(turned), np.sin(turned)
    # Slanted first, then scaled, then turned anticlockwise; rows count downwards.
    a, b = (cosine + np.tan(slanted) * sine) / scaled, (np.tan(slanted) * cosine - sine) / scaled
    d, e = sine / scaled, cosine / scaled
    x, y = middle[0] + moved[0], middle[1] + moved[1]
    return np.stack((a, b, middle[0] - a * x - b * y, d, e, middle[1] - d * x - e * y), axis=1)


@apply.register
def _(rule: RandomResizedCrop, batch: Array, draws: Draws) -> Array:
    height, width = batch.shape[-2:]
    tops, lefts, heights, widths = _rectangles(draws, (height, width), rule.area, rule.aspect)
    lost = heights == 0
    ratio = min(max(width / height, rule.aspect[0]), rule.aspect[1])
    middle = min(height, round(width / ratio)), min(width, round(height * ratio))
    heights[lost], widths[lost] = middle
    tops[lost], lefts[lost] = (height - middle[0]) // 2, (width - middle[1]) // 2
    edges = np.stack((tops, tops + heights, lefts, lefts + widths), axis=1).tolist()
    pieces = (image[:, top:bottom, left:right] for image, (top, bottom, left, right) in zip(batch, edges, strict=True))
    return np.stack([sized(one, rule.size, rule.filter) for one in pieces])


@apply.register
def _(rule: RandomErasing, batch: Array, draws: Draws) -> Array:
    tops, lefts, heights, widths = _rectangles(draws, batch.shape[-2:], rule.area, rule.aspect)
    heights[draws.shares(4 * THROWS) >= rule.probability] = 0
    return _put_out(batch, (tops, lefts, tops + heights, lefts + widths), rule.fill)


@apply.register
def _(rule: CutOut, batch: Array, draws: Draws) -> Array:
    height, width = batch.shape[-2:]
    for which in range(rule.count):
        top = draws.below(height, 2 * which) - rule.size // 2
        left = draws.below(width, 2 * which + 1) - rule.size // 2
        batch = _put_out(batch, (top, left, top + rule.size, left + rule.size), rule.fill)
    return batch


def _rectangles(
    draws: Draws, size: Sequence[int], areas: Sequence[float], aspects: Sequence[float]
) -> tuple[Array, Array, Array, Array]:
    """Top, left, height and width of the first rectangle thrown that fits, for every sample; height 0: none did."""
    height, width = size
    spread = math.log(aspects[0]), math.log(aspects[1])
    found = np.zeros((4, len(draws.rows)), np.int64)
    for throw in range(THROWS):
        area = draws.between(areas, 4 * throw) * height * width
        aspect = np.exp(draws.between(spread, 4 * throw + 1))
        rows, columns = (np.rint(np.sqrt(side)).astype(np.int64) for side in (area / aspect, area * aspect))
        fits = (rows > 0) & (rows <= height) & (columns > 0) & (columns <= width) & (found[2] == 0)
        tops = draws.shares(4 * throw + 2) * (height - rows + 1)
        lefts = draws.shares(4 * throw + 3) * (width - columns + 1)
        found[:, fits] = np.stack((tops.astype(np.int64), lefts.astype(np.int64), rows, columns))[:, fits]
        if found[2].all():
            break
    return found[0], found[1], found[2], found[3]


def _put_out(batch: Array, edges: Sequence[Array], fill: float) -> Array:
    """`batch` with `fill` between top, left, bottom and right of each sample."""
    top, left, bottom, right = (edge[:, None] for edge in edges)
    rows, columns = np.arange(batch.shape[-2]), np.arange(batch.shape[-1])
    inside = ((rows >= top) & (rows < bottom))[:, :, None] & ((columns >= left) & (columns < right))[:, None]
    return np.where(inside[:, None], np.asarray(fill, batch.dtype), batch)


@apply.register
def _(rule: ColorJitter, batch: Array, draws: Draws) -> Array:
    """All four are linear in the colours of a pixel: one matrix a sample, and one shift towards the mean brightness."""
    bright, contrast, saturation = (
        draws.between((max(0, 1 - strength), 1 + strength), which)
        for which, strength in enumerate((rule.brightness, rule.contrast, rule.saturation))
    )
    values = batch.reshape(*batch.shape[:2], -1).astype(np.float32)
    gain, shift = bright * contrast, (1 - contrast) * bright * _mean_brightness(values)
    if batch.shape[1] == 3:
        turned = _turns(2 * np.pi * draws.around(rule.hue, 3)) @ _saturations(saturation)
        values = (turned * gain[:, None, None]).astype(np.float32) @ values
    else:
        values *= gain.astype(np.float32)[:, None, None]
    values += shift.astype(np.float32)[:, None, None]
    return np.asarray(np.clip(values, 0, rule.white, out=values)).reshape(batch.shape)


def _mean_brightness(values: Array) -> Array:
    """Of images (samples, channels, pixels)."""
    means = values.mean(axis=2)
    return np.asarray((means * LUMA).sum(axis=1) if values.shape[1] == 3 else means[:, 0])


def _saturations(share: Floats) -> Floats:
    """Matrices (samples, 3, 3) that leave a share of a pixel's distance to its brightness."""
    kept = share[:, None, None]
    return np.asarray(kept * np.eye(3) + (1 - kept) * LUMA)


def _turns(angles: Floats) -> Floats:
    """Matrices (samples, 3, 3) that turn colours about the grey axis."""
    cosine, sine, none, one = np.cos(angles), np.sin(angles), np.zeros_like(angles), np.ones_like(angles)
    turn = np.array([[one, none, none], [none, cosine, -sine], [none, sine, cosine]]).transpose(2, 0, 1)
    back: Floats = np.linalg.inv(_YIQ)
    return np.asarray(back @ turn @ _YIQ)


@apply.register
def _(rule: Noise, batch: Array, draws: Draws) -> Array:
    noises = [random.standard_normal(batch.shape[1:], np.float32) for random in draws.generators()]
    return np.asarray(batch.astype(np.float32, copy=False) + np.float32(rule.deviation) * np.stack(noises))
