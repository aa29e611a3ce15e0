"""Layers with weights that are no convolutions: dense ones, normalisation, PRelu, embeddings."""

from __future__ import annotations

import math

from engine.formats.caffe2.draft import Made, Place, Unmapped, Wire, reads
from engine.formats.caffe2.filling import Array, Blob
from engine.formats.caffe2.windows import SUPPOSED
from engine.layers.activation import PReLU
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from engine.layers.reshape import Flatten

Kept = dict[str, tuple[Blob, Array | None]]


@reads("FC", "FCTransposed")
def dense(place: Place) -> Made:
    op, axis = place.op, place.op.whole("axis", 1)
    cut = op.whole("axis_w", 1)  # the weights' axes before it are the lines of a matrix
    blob = place.blob(1)
    matrix = blob.array
    if matrix is not None:
        if not 0 < cut < max(2, matrix.ndim) or not matrix.size:
            raise Unmapped(f"its weights {matrix.shape} are cut at axis {cut}")
        matrix = matrix.reshape(math.prod(matrix.shape[:cut]), -1)
        matrix = matrix.T if op.kind == "FCTransposed" else matrix
    units = matrix.shape[0] if matrix is not None else _units(place, blob)
    weights: Kept = {"weight": (blob, matrix)}
    if len(op.inputs) > 2:
        weights["bias"] = (place.blob(2), _line(place.blob(2)))
    return place.put(Dense(units=units, bias=len(op.inputs) > 2), _lines(place, axis), weights=weights)


def _lines(place: Place, axis: int) -> Wire:
    """What enters, with everything from an axis on in one."""
    x = place.x
    rank = len(x.signal.shape) if x.signal else 0
    axis = axis + rank + 1 if axis < 0 else axis
    if rank and axis == rank:
        return x
    if axis != 1:
        raise Unmapped(f"it takes everything from axis {axis} on together")
    return place.put(Flatten(), x, mark="flat")


def _units(place: Place, blob: Blob) -> int:
    if blob.shape:
        return blob.shape[1 if place.op.kind == "FCTransposed" else 0]
    place.approximated(f"its weights are not in any file: it is drawn as if it had {SUPPOSED} units")
    return SUPPOSED


def _line(blob: Blob) -> Array | None:
    return None if blob.array is None else blob.array.reshape(-1)


def _kept(place: Place, *names: str) -> Kept:
    """The weights behind the first input."""
    return {name: (place.blob(n), _line(place.blob(n))) for n, name in enumerate(names, 1)}


@reads("SpatialBN")
def batch_norm(place: Place) -> Made:
    op = place.op
    op.flag("is_test")
    op.whole("num_batches")
    layer = BatchNorm(epsilon=op.real("epsilon", 1e-5), momentum=1 - op.real("momentum", 0.9))
    weights = _kept(place, "scale", "shift", "running_mean", "running_variance")
    return (place.put(layer, place.image(), weights=weights),)


@reads("InstanceNorm")
def instance_norm(place: Place) -> Made:
    layer = InstanceNorm(epsilon=place.op.real("epsilon", 1e-5))
    return (place.put(layer, place.image(), weights=_kept(place, "scale", "shift")),)


@reads("GroupNorm")
def group_norm(place: Place) -> Made:
    place.op.flag("is_test")
    layer = GroupNorm(groups=place.op.whole("group", 32), epsilon=place.op.real("epsilon", 1e-5))
    return (place.put(layer, place.image(), weights=_kept(place, "scale", "shift")),)


@reads("LayerNorm")
def layer_norm(place: Place) -> Made:
    op, x = place.op, place.x
    axis, rank = op.whole("axis", 1), len(x.shape)
    axes = rank + 1 - axis if axis > 0 else -axis
    if not 1 <= axes <= rank:
        raise Unmapped("it works along the samples' axis")
    affine = op.flag("elementwise_affine")
    weights: Kept = {}
    for n, name in enumerate(("scale", "shift"), 1) if affine else ():
        blob, shape = place.blob(n), x.shape[-axes:]
        fits = blob.array is not None and blob.array.size == math.prod(shape)
        weights[name] = (blob, blob.array.reshape(shape) if blob.array is not None and fits else blob.array)
    layer = LayerNorm(axes=axes, epsilon=op.real("epsilon", 1e-5), affine=affine)
    return (place.put(layer, x, weights=weights),)


@reads("LRN")
def local_response(place: Place) -> Made:
    op = place.op
    size = op.whole("size")
    if size < 1 or size % 2 == 0:
        raise Unmapped(f"its size is {size}")
    layer = LRN(size=size, alpha=op.real("alpha", 0.0), beta=op.real("beta", 0.0), k=op.real("bias", 1.0))
    return (place.put(layer, place.image()),)


@reads("PRelu")
def prelu(place: Place) -> Made:
    shape = place.blob(1).shape
    layer = PReLU(shared=bool(shape) and math.prod(shape or ()) == 1)
    return place.put(layer, place.image(), weights=_kept(place, "slope"))


@reads("Gather")
def embedding(place: Place) -> Made:
    table = place.blob(0)
    if table.shape is None or len(table.shape) != 2 or place.op.whole("axis"):
        raise Unmapped("what it looks up is no table of the file")
    layer = Embedding(classes=table.shape[0], units=table.shape[1])
    return place.put(layer, place.wire(1), weights={"weight": (table, table.array)})
