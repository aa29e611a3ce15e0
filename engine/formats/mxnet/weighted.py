"""Operators that learn: dense layers, convolutions, embeddings and normalisations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.formats.mxnet.draft import size_of
from engine.formats.mxnet.operator import Made, Operator, reads
from engine.formats.mxnet.values import Given, Unmapped, Wire
from engine.layers.arranging import Permute
from engine.layers.base import Shape
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    Convolution,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    Transposed,
)
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm
from engine.layers.reshape import Flatten

CONVOLUTIONS: dict[int, type[Convolution]] = {1: Conv1D, 2: Conv2D, 3: Conv3D}
TRANSPOSED: dict[int, type[Transposed]] = {1: ConvTranspose1D, 2: ConvTranspose2D, 3: ConvTranspose3D}
LAYOUTS = ("None", "NCW", "NCHW", "NCDHW", "")
SILENT = ("workspace", "cudnn_tune", "cudnn_off")
"""How fast it goes, not what it computes."""


def _weights(op: Operator, no_bias: bool) -> dict[str, Given]:
    """The arrays behind the samples; a bias that is switched off may still be wired."""
    weights = {"weight": op.given(1)}
    return weights if no_bias else weights | {"bias": op.given(2)}


@reads("FullyConnected")
def fully_connected(op: Operator) -> Made:
    x, weights = op.x, _weights(op, op.set.flag("no_bias"))
    weight = weights["weight"]
    op.draft.wants_sides |= weight.dims is not None and -1 in (x.shape or ())
    is_flat = x.shape is not None and len(x.shape) - x.merged == 1
    if op.set.flag("flatten", True) and not is_flat:
        x = _flattened(op, x, weight)
    if weight.array is not None and weight.array.ndim != 2:  # older files keep the axes that are flattened
        weights["weight"] = replace(weight, array=weight.array.reshape(len(weight.array), -1), dims=None)
    return op.put(Dense(units=op.set.whole("num_hidden"), bias="bias" in weights), x, weights=weights)


def _flattened(op: Operator, x: Wire, weight: Given) -> Wire:
    node = op.draft.nodes[x.link.node]
    if isinstance(node.layer, Flatten) and not x.merged:
        return x
    if x.merged or x.batch:
        raise Unmapped("it flattens what has samples in several axes")
    known = size_of(x.shape)
    features = (weight.dims[1] if weight.dims and len(weight.dims) == 2 else -1) if known < 0 else known
    made = op.put(Flatten(), x, shape=(features,), suffix="flat")
    return made.with_shape((features,)) if features > 0 else made


@reads("Convolution", "Convolution_v1")
def convolution(op: Operator) -> Made:
    return _convolution(op, CONVOLUTIONS, default_bias=True)


@reads("Deconvolution")
def deconvolution(op: Operator) -> Made:
    return _convolution(op, TRANSPOSED, default_bias=False)


def _convolution(
    op: Operator, kinds: dict[int, type[Convolution]] | dict[int, type[Transposed]], default_bias: bool
) -> Made:
    kernel = op.set.wholes("kernel")
    kind = kinds.get(len(kernel))
    if kind is None:
        raise Unmapped(f"no layer has a kernel of {len(kernel)} axes")
    _check_layout(op)
    if op.set.wholes("target_shape") and any(op.set.wholes("target_shape")):
        raise Unmapped("its target_shape says how large its output is")
    ones, noughts = (1,) * len(kernel), (0,) * len(kernel)
    weights = _weights(op, op.set.flag("no_bias", not default_bias))
    said = {
        "filters": op.set.whole("num_filter"),
        "kernel": kernel,
        "stride": op.set.wholes("stride", ones),
        "padding": op.set.wholes("pad", noughts),
        "dilation": op.set.wholes("dilate", ones),
        "groups": op.set.whole("num_group", 1),
        "bias": "bias" in weights,
    }
    if issubclass(kind, Transposed):
        said["output_padding"] = op.set.wholes("adj", noughts)
    layer = kind(**said)  # type: ignore[arg-type]
    return op.put(layer, weights=weights, shape=(layer.filters, *(-1 for _ in kernel)))


def _check_layout(op: Operator) -> None:
    for name in SILENT:
        op.set.word(name)
    layout = op.set.word("layout")
    if layout not in LAYOUTS:
        raise Unmapped(f"its layout is {layout}, and images here have their channels first")


@reads("Embedding")
def embedding(op: Operator) -> Made:
    for name in ("dtype", "sparse_grad"):
        op.set.word(name)
    layer = Embedding(classes=op.set.whole("input_dim"), units=op.set.whole("output_dim"))
    return op.put(layer, weights={"weight": op.given(1)})


@reads("BatchNorm", "BatchNorm_v1", "CuDNNBatchNorm", "_contrib_SyncBatchNorm")
def batch_norm(op: Operator) -> Made:
    for name in ("cudnn_off", "output_mean_var", "min_calib_range", "max_calib_range", "ndev", "key"):
        op.set.word(name)
    if op.set.flag("use_global_stats"):
        op.approximated("uses its running averages while training too, and a batch_norm here the batch's")
    # MXNet's momentum is the share of the old value, and its averages take the biased variance.
    layer = BatchNorm(momentum=1 - op.set.real("momentum", 0.9), epsilon=op.set.real("eps", 1e-3))
    scale, shift, mean, variance = (op.given(place) for place in range(1, 5))
    is_one = op.set.flag("fix_gamma", True)
    if is_one:  # whatever the file holds as gamma, 1 is taken
        scale = replace(scale, array=np.ones(shift.array.shape) if shift.array is not None else None, owner="")
    weights = {"scale": scale, "shift": shift, "running_mean": mean, "running_variance": variance}
    frozen = ("scale",) if is_one else ()
    axis = op.set.whole("axis", 1)
    rank = len(op.x.shape or ())
    place = op.x.axis(axis) % rank if rank else axis - 1
    if place == 0:
        return op.put(layer, weights=weights, frozen=frozen)
    order = (place, *(other for other in range(rank) if other != place))
    turned = op.put(Permute(axes=order), suffix="channels_first")
    made = op.put(layer, turned, weights=weights, frozen=frozen)
    return op.put(Permute(axes=tuple(map(order.index, range(len(order))))), made, suffix="channels_back")


@reads("LayerNorm")
def layer_norm(op: Operator) -> Made:
    op.set.word("output_mean_var")
    x = op.x
    if op.x.axis(op.set.whole("axis", -1)) % len(x.known) != len(x.known) - 1:
        raise Unmapped("it works along another axis than the last")
    affine, weights = _scale_and_shift(op)
    return op.put(LayerNorm(epsilon=op.set.real("eps", 1e-5), affine=affine), weights=weights)


@reads("InstanceNorm")
def instance_norm(op: Operator) -> Made:
    affine, weights = _scale_and_shift(op)
    return op.put(InstanceNorm(epsilon=op.set.real("eps", 1e-3), affine=affine), weights=weights)


@reads("GroupNorm")
def group_norm(op: Operator) -> Made:
    op.set.word("output_mean_var")
    groups, (gamma, beta) = op.set.whole("num_groups", 1), (op.given(1), op.given(2))
    if gamma.dims == (groups,):  # MXNet's has a scale for each group, ours for each channel
        channels = op.x.known[0]
        gamma, beta = (_repeated(given, channels // groups) for given in (gamma, beta))
    weights = {"scale": gamma, "shift": beta}
    return op.put(GroupNorm(groups=groups, epsilon=op.set.real("eps", 1e-5)), weights=weights)


def _repeated(given: Given, times: int) -> Given:
    if given.array is None:
        return replace(given, dims=None)
    return Given(np.repeat(given.array, times), (given.array.size * times,), marks=given.marks)


def _scale_and_shift(op: Operator) -> tuple[bool, dict[str, Given]]:
    """Gamma and beta; ones and noughts that are no variables are nothing to be learned."""
    scale, shift = op.given(1), op.given(2)
    if not scale.owner and not shift.owner and _is(scale, 1) and _is(shift, 0):
        return False, {}
    return True, {"scale": scale, "shift": shift}


def _is(given: Given, number: float) -> bool:
    return given.fill == number or (given.array is not None and bool((given.array == number).all()))


@reads("L2Normalization")
def l2_normalization(op: Operator) -> Made:
    mode, rank = op.set.word("mode", "instance"), len(op.x.known)
    axes: dict[str, Shape] = {"instance": (), "channel": (0,), "spatial": tuple(range(1, rank))}
    if mode not in axes:
        raise Unmapped(f"its mode {mode} is not known")
    return op.put(L2Normalize(axes=axes[mode], epsilon=op.set.real("eps", 1e-10)))


@reads("LRN")
def lrn(op: Operator) -> Made:
    return op.put(
        LRN(
            size=op.set.whole("nsize"),
            alpha=op.set.real("alpha", 1e-4),
            beta=op.set.real("beta", 0.75),
            k=op.set.real("knorm", 2.0),
        )
    )
