"""Resize in all its ways: an Upsample where it is one, else, axis by axis, a product with the matrix that it is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.formats.onnx.reading.operator import Made, Operator, at, reads
from engine.formats.onnx.reading.values import Array, Unmapped, Wire
from engine.layers.arranging import Expand, Identity, Permute, Squeeze
from engine.layers.merge import Add, MatMul
from engine.layers.resampling import Upsample

PROBE = 7
"""An image of so many cells stands for one of any size."""


@dataclass(frozen=True)
class Way:
    """How places of the result are found among the cells, and how they are blended (Operators.md, Resize)."""

    mode: str
    places: str
    rounding: str = "round_prefer_floor"
    cubic: float = -0.75
    antialias: bool = False
    exclude_outside: bool = False

    def matrix(self, cells: int, made: int, scale: float, roi: tuple[float, float] = (0.0, 1.0)) -> Array:
        """(made, cells): what each cell counts at each place; no cell where a place is beyond the region."""
        rows = np.zeros((made, cells))
        for place in range(made):
            x = self._origin(place, cells, made, scale, roi)
            if self.places == "tf_crop_and_resize" and not 0 <= x <= cells - 1:
                continue
            for cell, share in self._shares(x, cells, scale):
                rows[place, min(max(cell, 0), cells - 1)] += share
        return rows

    def _origin(self, place: int, cells: int, made: int, scale: float, roi: tuple[float, float]) -> float:
        length = scale * cells
        if self.places == "align_corners":
            return 0.0 if length == 1 else place * (cells - 1) / (length - 1)
        if self.places == "asymmetric":
            return place / scale
        if self.places == "tf_crop_and_resize":
            begin, end = roi
            whole = (end - begin) * (cells - 1)
            return begin * (cells - 1) + (whole / 2 if length == 1 else place * whole / (length - 1))
        if self.places == "pytorch_half_pixel" and length == 1:
            return -0.5
        middle = (place + 0.5) / scale - 0.5
        return middle + cells / 2 * (1 - made / length) if self.places == "half_pixel_symmetric" else middle

    def _shares(self, x: float, cells: int, scale: float) -> list[tuple[int, float]]:
        if self.mode == "nearest":
            return [(_ROUNDINGS[self.rounding](x), 1.0)]
        reach, kernel = (1, _linear) if self.mode == "linear" else (2, lambda t: _cubic(t, self.cubic))
        stretch = 1 / min(scale, 1.0) if self.antialias else 1.0
        first, last = math.floor(x - reach * stretch), math.ceil(x + reach * stretch)
        shares = [(cell, kernel((cell - x) / stretch)) for cell in range(first, last + 1)]
        if self.exclude_outside:
            shares = [(cell, share) for cell, share in shares if 0 <= cell < cells]
        total = sum(share for _, share in shares)
        return [(cell, share / total) for cell, share in shares if share]


_ROUNDINGS: dict[str, Callable[[float], int]] = {
    "round_prefer_floor": lambda x: math.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: math.floor(x + 0.5),
    "floor": math.floor,
    "ceil": math.ceil,
}


def _linear(t: float) -> float:
    return max(0.0, 1 - abs(t))


def _cubic(t: float, a: float) -> float:
    t = abs(t)
    if t <= 1:
        return ((a + 2) * t - (a + 3)) * t * t + 1
    return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a if t < 2 else 0.0


_UPSAMPLES = (
    (Way("nearest", "asymmetric", "floor"), "nearest", False),
    (Way("linear", "half_pixel"), "bilinear", False),
    (Way("linear", "align_corners"), "bilinear", True),
)
"""What Upsample does, in ONNX's words."""


@reads("Resize", "Upsample")
def resize(op: Operator) -> Made:
    x = op.x
    way = _way(op)
    axes = [axis % x.rank for axis in op.get("axes", range(x.rank))]
    scales, made = _lengths(op, x, axes)
    roi = op.given(1) if op.kind == "Resize" and op.opset >= 11 and way.places == "tf_crop_and_resize" else None
    regions = {
        axis: (float(roi[place]), float(roi[place + len(axes)])) if roi is not None and roi.size else (0.0, 1.0)
        for place, axis in enumerate(axes)
    }
    changed = [axis for axis in axes if scales[axis] != 1 or regions[axis] != (0.0, 1.0)]
    own = {op.axis(axis, x): axis for axis in changed}
    if not own:
        return op.put(Identity(), x)
    layer = _upsample(x, way, {axis: scales[of] for axis, of in own.items()})
    if layer is not None:
        return op.put(layer, x)
    lengths = x.shape
    if min(lengths) < 0:
        raise Unmapped("resizes an image of any size in a way that Upsample has not")
    matrices = {a: way.matrix(lengths[a], made[of], scales[of], regions[of]) for a, of in own.items()}
    y = x
    for axis, matrix in matrices.items():
        y = _times(op, y, axis, matrix)
    op.tell("mapped", f"{way.mode} is written as products with matrices, which do not learn")
    value = op.get("extrapolation_value", 0.0)
    return _outside(op, y, matrices, value) if value else y


def _way(op: Operator) -> Way:
    mode = op.get("mode", "nearest")
    if op.kind == "Upsample" or op.opset < 11:
        return Way("linear" if mode in ("linear", "bilinear") else mode, "asymmetric", "floor")
    return Way(
        mode,
        op.get("coordinate_transformation_mode", "half_pixel"),
        op.get("nearest_mode", "round_prefer_floor"),
        op.get("cubic_coeff_a", -0.75),
        bool(op.get("antialias", 0)),
        bool(op.get("exclude_outside", 0)),
    )


def _lengths(op: Operator, x: Wire, axes: Sequence[int]) -> tuple[dict[int, float], dict[int, int]]:
    """The factor and the new length of each axis."""
    place = 2 if op.kind == "Resize" and op.opset >= 11 else 1
    scales = op.get("scales") or op.given(place)
    dims = x.dims
    if scales is not None and len(scales):
        factors = {axis: float(scale) for axis, scale in zip(axes, scales, strict=True)}
        return factors, {axis: math.floor(dims[axis] * factors[axis]) for axis in axes}
    sizes = op.numbers(3)
    if sizes is None:
        raise Unmapped("has neither scales nor sizes")
    wanted = dict(zip(axes, sizes, strict=True))
    policy = op.get("keep_aspect_ratio_policy", "stretch")
    if any(dims[axis] < 0 and wanted[axis] != dims[axis] for axis in axes if x.batch != axis):
        raise Unmapped("makes an image of any size one of a fixed size")
    factors = {axis: wanted[axis] / dims[axis] if dims[axis] > 0 else 1.0 for axis in axes}
    if policy == "stretch":
        return factors, wanted
    factor = (min if policy == "not_larger" else max)(factors.values())
    return dict.fromkeys(axes, factor), {axis: math.floor(factor * dims[axis] + 0.5) for axis in axes}


def _upsample(x: Wire, way: Way, scales: dict[int, float]) -> Upsample | None:
    """The layer that does the same to every axis, where there is one."""
    rank = len(x.shape) - 1
    factors = [scales.get(axis, 1.0) for axis in range(1, rank + 1)]
    if x.batch is None or 0 in scales or not 1 <= rank <= 3 or any(f < 1 or f != int(f) for f in factors):
        return None
    for known, mode, corners in _UPSAMPLES:
        cells = [length if 0 < length < 512 else PROBE for length in x.shape[1:]]
        if all(_alike(way, known, n, int(f)) for n, f in zip(cells, factors, strict=True)):
            whole = tuple(map(int, factors))
            return Upsample(whole[:1] if len(set(whole)) == 1 else whole, mode, corners)  # type: ignore[arg-type]
    return None


def _alike(a: Way, b: Way, cells: int, factor: int) -> bool:
    return np.allclose(a.matrix(cells, cells * factor, factor), b.matrix(cells, cells * factor, factor))


def _times(op: Operator, x: Wire, axis: int, matrix: Array) -> Wire:
    """All lines along an axis times a matrix."""
    last = len(x.shape) - 1
    if last == 0:
        return op.put(Squeeze((0,)), _times(op, op.put(Expand((0,)), x), 1, matrix))
    turned = at(op.constant(np.ascontiguousarray(matrix.T, np.float32)), x.batch)
    if axis == last:
        return op.put(MatMul(), x, turned)
    order = list(range(last + 1))
    order[axis], order[last] = last, axis
    return op.put(Permute(tuple(order)), op.put(MatMul(), op.put(Permute(tuple(order)), x), turned))


def _outside(op: Operator, x: Wire, matrices: dict[int, Array], value: float) -> Wire:
    """Places that are beyond the region along any axis hold `value`."""
    beyond = np.zeros(x.shape, bool)
    for axis, matrix in matrices.items():
        beyond |= np.expand_dims(~matrix.any(axis=1), tuple(a for a in range(len(x.shape)) if a != axis))
    # Blends of what is beyond along one axis only are noughts, for there all cells count nothing.
    return op.put(Add(), x, at(op.constant(np.where(beyond, value, 0).astype(np.float32)), x.batch))
