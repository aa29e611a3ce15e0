"""Operators that learn nothing: pooling, activations, dropout, resampling."""

from __future__ import annotations

from typing import Any

from engine.formats.mxnet.operator import RULES, Made, Operator, reads
from engine.formats.mxnet.values import Unmapped
from engine.formats.mxnet.weighted import LAYOUTS
from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Elementary,
    Exp,
    HardSigmoid,
    LeakyReLU,
    Log,
    LogSoftmax,
    Mish,
    Power,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)
from engine.layers.arranging import Identity
from engine.layers.base import Layer
from engine.layers.pooling import (
    AdaptiveAvgPool,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    AvgPooling,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    Pooling,
)
from engine.layers.regularization import Dropout
from engine.layers.resampling import Upsample

ACTIVATIONS: dict[str, Layer] = {
    "relu": ReLU(),
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "softrelu": Softplus(),
    "softsign": Softsign(),
    "mish": Mish(),
}

PLAIN: dict[str, Layer] = {
    "relu": ReLU(),
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "softsign": Softsign(),
    "softrelu": Softplus(),
    "abs": Abs(),
    "exp": Exp(),
    "log": Log(),
    "square": Power(power=2.0),
    "sqrt": Power(power=0.5),
    "rsqrt": Power(power=-0.5),
    "reciprocal": Power(power=-1.0),
    "negative": Power(scale=-1.0),
    "_copy": Identity(),
    "identity": Identity(),
    "mish": Mish(),
    "silu": SiLU(),
    "sin": Elementary(function="sin"),
    "cos": Elementary(function="cos"),
    "erf": Elementary(function="erf"),
    "floor": Elementary(function="floor"),
    "ceil": Elementary(function="ceil"),
    "rint": Elementary(function="round"),
    "sign": Elementary(function="sign"),
}
"""Operators without settings."""


def plain(op: Operator) -> Made:
    """What stands in the table."""
    return op.put(PLAIN[op.entry.kind], shape=op.x.shape)


for kind in PLAIN:
    RULES[kind] = plain


@reads("BlockGrad", "stop_gradient", "Cast", "cast", "amp_cast", "MakeLoss", "make_loss", "IdentityAttachKLSparseReg")
def passed_on(op: Operator) -> Made:
    for name in op.set.given:
        op.set.word(name)
    op.approximated(f"{op.entry.kind} hands on what enters it, and does nothing else here")
    return op.put(Identity(), shape=op.x.shape)


@reads("Activation")
def activation(op: Operator) -> Made:
    kind = op.set.word("act_type")
    if kind not in ACTIVATIONS:
        raise Unmapped(f"its act_type {kind} is not known")
    return op.put(ACTIVATIONS[kind], shape=op.x.shape)


@reads("LeakyReLU")
def leaky_relu(op: Operator) -> Made:
    kind, slope = op.set.word("act_type", "leaky"), op.set.real("slope", 0.25)
    if kind == "prelu":
        gamma = op.given(1)
        return op.put(PReLU(shared=gamma.dims == (1,)), weights={"slope": gamma}, shape=op.x.shape)
    if kind == "rrelu":
        low, high = op.set.real("lower_bound", 0.125), op.set.real("upper_bound", 0.334)
        op.approximated(f"draws its slope from {low:g} to {high:g} while training; here it is always the mean of both")
        return op.put(LeakyReLU(slope=(low + high) / 2), shape=op.x.shape)
    kinds: dict[str, Layer] = {"leaky": LeakyReLU(slope=slope), "elu": ELU(alpha=slope), "selu": SELU(), "gelu": GELU()}
    if kind not in kinds:
        raise Unmapped(f"its act_type {kind} is not known")
    return op.put(kinds[kind], shape=op.x.shape)


@reads("clip")
def clip(op: Operator) -> Made:
    low, high = op.set.real("a_min"), op.set.real("a_max")
    return op.put(ReLU6() if (low, high) == (0, 6) else Clip(low=low, high=high), shape=op.x.shape)


@reads("_greater_scalar")
def greater(op: Operator) -> Made:
    if op.set.real("scalar") != 0:
        raise Unmapped("no layer compares with another number than 0")
    return op.put(Elementary(function="step"), shape=op.x.shape)


@reads("hard_sigmoid")
def hard_sigmoid(op: Operator) -> Made:
    return op.put(HardSigmoid(slope=op.set.real("alpha", 0.2), offset=op.set.real("beta", 0.5)), shape=op.x.shape)


@reads("softmax", "log_softmax", "SoftmaxActivation")
def softmax(op: Operator) -> Made:
    axis = op.set.whole("axis", -1)
    if op.set.real("temperature", 1.0) != 1 or op.set.flag("use_length"):
        raise Unmapped("it has a temperature, or ends by lengths")
    if op.entry.kind == "SoftmaxActivation":
        axis = 1 if op.set.word("mode", "instance") == "channel" else -1
        if axis < 0 and len(op.x.known) > 1:
            raise Unmapped("it goes over all values of a sample")
    op.set.word("dtype")
    kind = LogSoftmax if op.entry.kind == "log_softmax" else Softmax
    return op.put(kind(axis=op.x.axis(axis)), shape=op.x.shape)


@reads("Dropout")
def dropout(op: Operator) -> Made:
    op.set.word("cudnn_off")
    if op.set.word("mode", "training") == "always":
        op.approximated("drops values when deployed too, and a dropout here while training alone")
    if op.set.wholes("axes"):
        op.approximated("drops values together along axes, and a dropout here each by itself")
    return op.put(Dropout(rate=op.set.real("p", 0.5)), shape=op.x.shape)


# Pooling

MAXIMA: dict[int, type[Pooling]] = {1: MaxPool1D, 2: MaxPool2D, 3: MaxPool3D}
MEANS: dict[int, type[AvgPooling]] = {1: AvgPool1D, 2: AvgPool2D, 3: AvgPool3D}


@reads("Pooling", "Pooling_v1")
def pooling(op: Operator) -> Made:
    for name in ("cudnn_off", "p_value"):
        op.set.word(name)
    if op.set.word("layout") not in LAYOUTS:
        raise Unmapped("its layout has the channels last")
    kind, kernel = op.set.word("pool_type", "max"), op.set.wholes("kernel")
    if kind not in ("max", "avg"):
        raise Unmapped(f"no layer pools by {kind}")
    if op.set.flag("global_pool"):
        for name in ("stride", "pad", "pooling_convention", "count_include_pad"):
            op.set.word(name)
        whole = GlobalMaxPool if kind == "max" else GlobalAvgPool
        shape = op.x.shape
        known = (shape[0], *(1 for _ in shape[1:])) if shape else None
        return op.put(whole(keep_axes=True), shape=known)
    return _windows(op, kind, kernel)


def _windows(op: Operator, kind: str, kernel: tuple[int, ...]) -> Made:
    pools = MAXIMA if kind == "max" else MEANS
    if len(kernel) not in pools:
        raise Unmapped(f"no layer pools {len(kernel)} axes")
    convention = op.set.word("pooling_convention", "valid")
    noughts, ones = (0,) * len(kernel), (1,) * len(kernel)
    pads, strides = op.set.wholes("pad", noughts), op.set.wholes("stride", ones)
    said: dict[str, Any] = {
        "kernel": kernel,
        "stride": strides,
        "rounding": "floor" if convention == "valid" else "ceil",
    }
    said |= {"padding": pads}
    if convention not in ("valid", "full"):
        raise Unmapped(f"its pooling_convention is {convention}")
    if kind == "avg":
        said["count_padding"] = op.set.flag("count_include_pad", True)
    shape = op.x.shape
    return op.put(pools[len(kernel)](**said), shape=(shape[0], *(-1 for _ in kernel)) if shape else None)


@reads("_contrib_AdaptiveAvgPooling2D")
def adaptive(op: Operator) -> Made:
    sizes = op.set.wholes("output_size", (1,))
    return op.put(AdaptiveAvgPool(sizes=sizes * 2 if len(sizes) == 1 else sizes))


@reads("UpSampling")
def up_sampling(op: Operator) -> Made:
    for name in ("num_filter", "workspace", "num_args", "multi_input_mode"):
        op.set.word(name)
    if op.set.word("sample_type") != "nearest":
        raise Unmapped("it learns how to blend its cells")
    if len(op.inputs) > 1:
        raise Unmapped("it brings several images to one size")
    return op.put(Upsample(scale=(op.set.whole("scale"),)))


@reads("_contrib_BilinearResize2D")
def bilinear_resize(op: Operator) -> Made:
    if op.set.word("mode", "size") != "size":
        raise Unmapped("it finds the size out by itself")
    shape = op.x.known
    wanted = [op.set.whole("height", 1), op.set.whole("width", 1)]
    scales = [op.set.real("scale_height"), op.set.real("scale_width")]
    if all(scales):
        wanted = [round(n * scale) for n, scale in zip(shape[1:], scales, strict=True)]
    if len(shape) != 3 or min(shape) < 1 or any(w % n for w, n in zip(wanted, shape[1:], strict=True)):
        raise Unmapped("its size is no multiple of what enters it")
    factors = tuple(w // n for w, n in zip(wanted, shape[1:], strict=True))
    return op.put(Upsample(scale=factors, mode="bilinear", align_corners=op.set.flag("align_corners", True)))
