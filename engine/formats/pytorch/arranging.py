"""The rules of layers that arrange, merge and reduce values: mostly plain expressions."""

from __future__ import annotations

from engine.formats.pytorch.calls import Step, code, made
from engine.formats.pytorch.rules import Place, batched, rule
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze
from engine.layers.base import Layer
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import L2Normalize
from engine.layers.resampling import PixelShuffle, Upsample
from engine.layers.reshape import Flatten, Reshape

SIGNS: dict[type[Layer], str] = {Add: "+", Subtract: "-", Multiply: "*", Divide: "/"}
FOLDS: dict[type[Layer], str] = {Maximum: "torch.maximum", Minimum: "torch.minimum"}


def combined(layer: Layer, place: Place) -> Step:
    """All inputs with a sign between them."""
    return Step(f" {SIGNS[type(layer)]} ".join(_inputs(place)))


def folded(layer: Layer, place: Place) -> Step:
    """All inputs combined one after the other."""
    found, *others = _inputs(place)
    for other in others:
        found = f"{FOLDS[type(layer)]}({found}, {other})"
    return Step(found)


for kind in SIGNS:
    rule.register(kind, combined)
for kind in FOLDS:
    rule.register(kind, folded)


@rule.register
def average(layer: Average, place: Place) -> Step:
    inputs = _inputs(place)
    return Step(f"({' + '.join(inputs)}) / {len(inputs)}")


@rule.register
def mat_mul(layer: MatMul, place: Place) -> Step:
    turned = (layer.transpose_a, layer.transpose_b)
    return Step(" @ ".join(f"{x}.mT" if turn else x for x, turn in zip(_inputs(place), turned, strict=True)))


@rule.register
def concat(layer: Concat, place: Place) -> Step:
    inputs = ", ".join(f"{{{at}}}" for at in range(len(place.site.sources)))
    return Step(f"torch.cat([{inputs}], dim={batched(layer.axis)})")


def _inputs(place: Place) -> list[str]:
    """All inputs, those with fewer axes given some of length 1 behind the batch's."""
    ranks = [len(signal.shape) for signal in place.site.inputs if signal]
    missing = [max(ranks) - rank for rank in ranks]
    return [f"{{{at}}}[:{', None' * count}]" if count else f"{{{at}}}" for at, count in enumerate(missing)]


@rule.register
def flatten(layer: Flatten, place: Place) -> Step:
    return Step("{0}.flatten(1)" if place.shape() else "{0}[:, None]")


@rule.register
def reshape(layer: Reshape, place: Place) -> Step:
    sizes = "".join(f", {size}" for size in layer.sizes)
    return Step(f"{{0}}.reshape(len({{0}}){sizes})")


@rule.register
def identity(layer: Identity, place: Place) -> Step:
    return Step("{0}")


@rule.register
def permute(layer: Permute, place: Place) -> Step:
    order = ", ".join(str(axis + 1) for axis in layer.order(place.shape()))
    return Step(f"{{0}}.permute(0, {order})" if order else "{0}")


@rule.register
def squeeze(layer: Squeeze, place: Place) -> Step:
    dropped = layer.axes or [axis for axis, length in enumerate(place.shape()) if length == 1]
    return Step(f"{{0}}.squeeze({code(tuple(map(batched, dropped)))})" if dropped else "{0}")


@rule.register
def expand(layer: Expand, place: Place) -> Step:
    rank = len(place.shape()) + len(layer.axes)
    where = {axis % rank for axis in layer.axes}
    return Step(f"{{0}}[:, {', '.join('None' if axis in where else ':' for axis in range(rank))}]")


@rule.register
def pad(layer: Pad, place: Place) -> Step:
    sides = layer.pads(place.shape())
    if layer.mode == "constant":
        cells = tuple(cells for side in reversed(sides) for cells in side)
        return Step(f"F.pad({{0}}, {cells}{f', value={layer.value}' if layer.value else ''})")
    return Step(f"extended({{0}}, {code(sides)}, {code(layer.mode)})")


@rule.register
def crop(layer: Crop, place: Place) -> Step:
    cuts = (f"{begin}:{-end}" if end else f"{begin}:" for begin, end in layer.cuts(place.shape()))
    return Step(f"{{0}}[:, {', '.join(cuts)}]")


@rule.register
def take(layer: Slice, place: Place) -> Step:
    before = ":, " * (layer.axis % len(place.shape()) + 1)
    end, step = "" if layer.end is None else layer.end, f":{layer.step}" if layer.step != 1 else ""
    return Step(f"{{0}}[{before}{layer.begin}:{end}{step}]")


@rule.register
def split(layer: Split, place: Place) -> Step:
    return Step(f"torch.split({{0}}, {list(layer.lengths(place.shape()))}, dim={batched(layer.axis)})")


@rule.register
def arg_max(layer: ArgMax, place: Place) -> Step:
    return Step(f"{{0}}.argmax({batched(layer.axis)}{_kept(layer.keep_axes)})")


REDUCTIONS = {"mean": "mean", "sum": "sum", "max": "amax", "min": "amin"}


@rule.register
def reduce(layer: Reduce, place: Place) -> Step:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    return Step(f"{{0}}.{REDUCTIONS[layer.operation]}({code(over)}{_kept(layer.keep_axes)})" if over else "{0}")


def _kept(keep: bool) -> str:
    return ", keepdim=True" if keep else ""


@rule.register
def l2_normalize(layer: L2Normalize, place: Place) -> Step:
    over = tuple(axis + 1 for axis in layer.over(place.shape()))
    return Step(f"{{0}} * torch.rsqrt({{0}}.square().sum({code(over)}, keepdim=True) + {layer.epsilon})")


LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


@rule.register
def upsample(layer: Upsample, place: Place) -> Step:
    factors = layer.factors(place.shape())
    scale = float(factors[0]) if len(set(factors)) == 1 else tuple(map(float, factors))
    if layer.mode == "nearest":
        # torch's `nearest` may take the cell before, for it rounds; where the scale is whole, this one is right.
        return Step("{it}({0})", made("nn.Upsample", scale_factor=scale, mode="nearest-exact"))
    corners = {"align_corners": True} if layer.align_corners else {}
    return Step("{it}({0})", made("nn.Upsample", scale_factor=scale, mode=LINEAR[len(factors)], **corners))


@rule.register
def pixel_shuffle(layer: PixelShuffle, place: Place) -> Step:
    return Step("{it}({0})", made("nn.PixelShuffle", ("factor", layer.factor)))
