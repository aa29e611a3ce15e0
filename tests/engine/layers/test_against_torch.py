"""The plain numpy reference and the predicted shapes against torch's own functions: two strangers must agree."""

import functools
import math

import numpy as np
import pytest

from engine.layers import CATALOGUE
from engine.layers.activation import (
    ELU,
    GELU,
    SELU,
    Abs,
    Clip,
    Exp,
    HardSigmoid,
    HardSwish,
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
from engine.layers.arranging import ArgMax, Crop, Expand, Identity, Pad, Permute, Reduce, Slice, Split, Squeeze
from engine.layers.attention import MultiHeadAttention
from engine.layers.convolution import (
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    DepthwiseConv2D,
    SeparableConv2D,
)
from engine.layers.dense import Bilinear, Dense
from engine.layers.embedding import Embedding, PositionalEncoding
from engine.layers.loss import (
    Contrastive,
    CosineSimilarity,
    Dice,
    Focal,
    Hinge,
    Huber,
    KLDivergence,
    MeanAbsoluteError,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Triplet,
)
from engine.layers.merge import Add, Average, Concat, Divide, MatMul, Maximum, Minimum, Multiply, Subtract
from engine.layers.normalization import LRN, BatchNorm, LayerNorm
from engine.layers.pooling import AvgPool2D, GlobalAvgPool, MaxPool2D
from engine.layers.recurrent import GRU, LSTM, RNN
from engine.layers.regularization import Dropout
from engine.layers.reshape import Flatten, Reshape
from tests.engine.cases import CASES
from tests.engine.reference import random_input, random_weights, reference, running_averages

torch = pytest.importorskip("torch")
F = torch.nn.functional

COMPUTED = [case for case in CASES if case.layer.FAMILY != "data"]


@functools.singledispatch
def torch_of(layer, weights, *inputs):
    raise NotImplementedError(type(layer).__name__)


def rule(*kinds):
    """Registers a rule for several layers."""

    def register(function):
        for kind in kinds:
            torch_of.register(kind)(function)
        return function

    return register


def padded(x, pads, value=0.0):
    axes = len(pads) // 2
    sides = [side for axis in reversed(range(axes)) for side in (pads[axis], pads[axes + axis])]
    return F.pad(x, sides, value=value)


@rule(Dense)
def dense(layer, weights, x):
    return F.linear(x, weights["weight"], weights.get("bias"))


@rule(Bilinear)
def bilinear(layer, weights, a, b):
    return F.bilinear(a, b, weights["weight"], weights.get("bias"))


@rule(MultiHeadAttention)
def attention(layer, weights, x, context=None, mask=None):
    context = x if context is None else context
    features, width = x.shape[2], context.shape[2]
    made = torch.nn.MultiheadAttention(
        features, layer.heads, bias=layer.bias, kdim=width, vdim=width, batch_first=True, dtype=x.dtype
    )
    parts = ("query", "key", "value")
    with torch.no_grad():
        if width == features:
            made.in_proj_weight.copy_(torch.cat([weights[f"{part}_weight"] for part in parts]))
        else:
            for part in parts:
                getattr(made, f"{part[0]}_proj_weight").copy_(weights[f"{part}_weight"])
        made.out_proj.weight.copy_(weights["output_weight"])
        if layer.bias:
            made.in_proj_bias.copy_(torch.cat([weights[f"{part}_bias"] for part in parts]))
            made.out_proj.bias.copy_(weights["output_bias"])
        seen = torch.ones(len(x), x.shape[1], context.shape[1], dtype=torch.bool)
        seen = seen.tril() if layer.causal else seen
        seen = seen if mask is None else seen & (mask != 0).reshape(len(x), -1, context.shape[1])
        hidden = torch.where(seen, 0.0, -1e30).to(x.dtype)
        return made(x, context, context, attn_mask=hidden.repeat_interleave(layer.heads, 0), need_weights=False)[0]


@rule(PositionalEncoding)
def positional_encoding(layer, weights, x):
    if layer.kind == "learned":
        return x + F.embedding(torch.arange(x.shape[1]), weights["weight"])
    features = x.shape[2]
    # As in torch's tutorial of the transformer: waves by exponentials of logarithms.
    places = torch.arange(x.shape[1], dtype=x.dtype)[:, None]
    rates = torch.exp(torch.arange(0, features, 2, dtype=x.dtype) * (-math.log(10000.0) / features))
    waves = torch.zeros(x.shape[1], features, dtype=x.dtype)
    waves[:, 0::2] = torch.sin(places * rates)
    waves[:, 1::2] = torch.cos(places * rates[: features // 2])
    return x + waves


@rule(Embedding)
def embedding(layer, weights, x):
    return F.embedding(x, weights["weight"])


@rule(Conv1D, Conv2D, Conv3D)
def convolution(layer, weights, x):
    if layer.auto_pad == "same" and set(layer.stride) == {1}:
        pads = "same"  # torch finds these itself
    else:
        x, pads = padded(x, layer.pads(tuple(x.shape[1:]))), 0
    function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(layer.kernel)]
    return function(x, weights["weight"], weights.get("bias"), layer.stride, pads, layer.dilation, layer.groups)


@rule(DepthwiseConv2D)
def depthwise(layer, weights, x):
    x, groups = padded(x, layer.pads(tuple(x.shape[1:]))), x.shape[1]
    return F.conv2d(x, weights["weight"], weights.get("bias"), layer.stride, 0, layer.dilation, groups)


@rule(SeparableConv2D)
def separable(layer, weights, x):
    depth, weight = weights["depth_weight"], weights["weight"]
    sides, count = layer.depth.pads(tuple(x.shape[1:])), x.shape[1]
    between = F.conv2d(padded(x, sides), depth, None, layer.stride, 0, layer.dilation, groups=count)
    return F.conv2d(between, weight, weights.get("bias"))


@rule(ConvTranspose1D, ConvTranspose2D, ConvTranspose3D)
def transposed(layer, weights, x):
    axes = len(layer.kernel)
    function = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[axes]
    whole = function(x, weights["weight"], weights.get("bias"), layer.stride, 0, 0, layer.groups, layer.dilation)
    bias = weights.get("bias", torch.zeros(whole.shape[1], dtype=whole.dtype)).reshape(1, -1, *[1] * axes)
    whole = padded(whole - bias, (*[0] * axes, *layer.output_padding)) + bias
    pads = layer.pads(tuple(x.shape[1:]))
    for axis in range(axes):
        whole = whole.narrow(axis + 2, pads[axis], whole.shape[axis + 2] - pads[axis] - pads[axis + axes])
    return whole


def is_symmetric(layer, pads):
    return pads[: len(pads) // 2] == pads[len(pads) // 2 :] and all(
        2 * p <= k for p, k in zip(pads, layer.kernel * 2, strict=True)
    )


@rule(MaxPool2D)
def max_pool(layer, weights, x):
    pads, ceil = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil"
    if is_symmetric(layer, pads):
        return F.max_pool2d(x, layer.kernel, layer.strides, pads[:2], ceil_mode=ceil)
    return F.max_pool2d(padded(x, pads, -math.inf), layer.kernel, layer.strides, ceil_mode=ceil)


@rule(AvgPool2D)
def avg_pool(layer, weights, x):
    pads, ceil = layer.pads(tuple(x.shape[1:])), layer.rounding == "ceil"
    if is_symmetric(layer, pads):
        return F.avg_pool2d(x, layer.kernel, layer.strides, pads[:2], ceil, layer.count_padding)
    total = F.avg_pool2d(padded(x, pads), layer.kernel, layer.strides, 0, ceil, divisor_override=1)
    counted = padded(torch.ones_like(x), pads, float(layer.count_padding))
    return total / F.avg_pool2d(counted, layer.kernel, layer.strides, 0, ceil, divisor_override=1)


@rule(GlobalAvgPool)
def global_avg_pool(layer, weights, x):
    pooled = (F.adaptive_avg_pool2d if x.ndim == 4 else F.adaptive_avg_pool1d)(x, 1)
    return pooled if layer.keep_axes else pooled.flatten(1)


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


PLAIN = {
    Identity: lambda layer, x: x,
    ReLU: lambda layer, x: F.relu(x),
    LeakyReLU: lambda layer, x: F.leaky_relu(x, layer.slope),
    ELU: lambda layer, x: F.elu(x, layer.alpha),
    GELU: lambda layer, x: F.gelu(x, approximate=layer.approximation),
    ReLU6: lambda layer, x: F.relu6(x),
    SELU: lambda layer, x: F.selu(x),
    SiLU: lambda layer, x: F.silu(x),
    Mish: lambda layer, x: F.mish(x),
    HardSwish: lambda layer, x: F.hardswish(x),
    HardSigmoid: lambda layer, x: F.hardsigmoid(6 * (layer.slope * x + layer.offset) - 3),
    Sigmoid: lambda layer, x: F.sigmoid(x),
    Tanh: lambda layer, x: F.tanh(x),
    Softplus: lambda layer, x: F.softplus(x, layer.beta),
    Softsign: lambda layer, x: F.softsign(x),
    Exp: lambda layer, x: torch.exp(layer.shift + layer.scale * x),
    Log: lambda layer, x: torch.log(layer.shift + layer.scale * x),
    Power: lambda layer, x: torch.pow(layer.shift + layer.scale * x, layer.power),
    Abs: lambda layer, x: torch.abs(x),
    Clip: lambda layer, x: F.hardtanh(x, layer.low, layer.high),
    LogSoftmax: lambda layer, x: F.log_softmax(x, layer.axis + 1 if layer.axis >= 0 else layer.axis),
    Softmax: lambda layer, x: F.softmax(x, layer.axis + 1 if layer.axis >= 0 else layer.axis),
    Dropout: lambda layer, x: F.dropout(x, layer.rate, training=False),
    Flatten: lambda layer, x: torch.flatten(x, 1) if x.ndim > 1 else x[:, None],
    Reshape: lambda layer, x: x.reshape(len(x), *layer.sizes),
}


@rule(*PLAIN)
def plain(layer, weights, x):
    return PLAIN[type(layer)](layer, x)


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
    axis = layer.axis + 1 if layer.axis >= 0 else layer.axis
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
    axis = layer.axis + 1 if layer.axis >= 0 else layer.axis
    return torch.split(x, list(layer.sizes), axis) if layer.sizes else torch.chunk(x, layer.parts, axis)


@rule(ArgMax)
def arg_max(layer, weights, x):
    return x.max(layer.axis + 1 if layer.axis >= 0 else layer.axis, keepdim=layer.keep_axes).indices


@rule(PReLU)
def prelu(layer, weights, x):
    return F.prelu(x, weights["slope"]) if x.ndim > 1 else F.prelu(x[:, None], weights["slope"])[:, 0]


FOLDS = {
    Add: torch.add,
    Subtract: torch.sub,
    Multiply: torch.mul,
    Divide: torch.div,
    Maximum: torch.maximum,
    Minimum: torch.minimum,
}


@rule(*FOLDS)
def elementwise(layer, weights, *inputs):
    samples = zip(*inputs, strict=True)  # without the batch axis torch broadcasts samples by itself
    return torch.stack([functools.reduce(FOLDS[type(layer)], sample) for sample in samples])


@rule(Average)
def average(layer, weights, *inputs):
    samples = zip(*inputs, strict=True)
    return torch.stack([torch.stack(torch.broadcast_tensors(*sample)).mean(0) for sample in samples])


@rule(MatMul)
def mat_mul(layer, weights, a, b):
    left, right = "km" if layer.transpose_a else "mk", "nk" if layer.transpose_b else "kn"
    return torch.stack([torch.einsum(f"...{left},...{right}->...mn", *sample) for sample in zip(a, b, strict=True)])


@rule(Concat)
def concat(layer, weights, *inputs):
    return torch.stack([torch.cat(sample, layer.axis) for sample in zip(*inputs, strict=True)])


OURS = {"weight_ih": "input_weight", "weight_hh": "hidden_weight", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}


@rule(RNN, LSTM, GRU)
def recurrent(layer, weights, x):
    options = {"nonlinearity": layer.activation} if isinstance(layer, RNN) else {}
    options |= {"batch_first": True, "bidirectional": layer.bidirectional, "dtype": x.dtype}
    made = getattr(torch.nn, type(layer).__name__)(x.shape[-1], layer.units, layer.layers, **options)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            kind, _, place = name.partition("_l")
            number, _, way = place.partition("_")
            parameter.copy_(weights[f"{OURS[kind]}{'_reverse' if way else ''}{number}"])
        states, final = made(x)
    final = final[0] if isinstance(layer, LSTM) else final
    return states if layer.sequence else torch.cat(tuple(final[-layer.directions :]), -1)


@rule(SoftmaxCrossEntropy)
def softmax_cross_entropy(layer, weights, x, target):
    factors = torch.tensor(layer.class_weights, dtype=x.dtype) if layer.class_weights else None
    ignored = -100 if layer.ignore_index is None else layer.ignore_index
    scores = x.movedim(layer.axis + 1 if layer.axis >= 0 else layer.axis, 1)
    return F.cross_entropy(scores, target, factors, ignore_index=ignored, label_smoothing=layer.label_smoothing)


@rule(SigmoidCrossEntropy)
def sigmoid_cross_entropy(layer, weights, x, target):
    return F.binary_cross_entropy_with_logits(x, target.reshape(x.shape).to(x.dtype))


@rule(MeanSquaredError)
def mean_squared_error(layer, weights, x, target):
    return F.mse_loss(x, target.reshape(x.shape))


@rule(MeanAbsoluteError)
def mean_absolute_error(layer, weights, x, target):
    return F.l1_loss(x, target.reshape(x.shape))


@rule(Huber)
def huber(layer, weights, x, target):
    return F.huber_loss(x, target.reshape(x.shape), delta=layer.delta)


@rule(Hinge)
def hinge(layer, weights, x, target):
    sides = target if target.is_floating_point() else target * 2 - 1
    return F.margin_ranking_loss(x, torch.zeros_like(x), sides.reshape(x.shape), margin=1.0)


@rule(KLDivergence)
def kl_divergence(layer, weights, x, target):
    axis = layer.axis + 1 if layer.axis >= 0 else layer.axis
    entropy = torch.special.entr(target.clamp(min=0)).sum()
    crossed = -(target * F.log_softmax(x, axis)).sum()
    return (crossed - entropy) / (x.numel() / x.shape[axis])


@rule(CosineSimilarity)
def cosine_similarity(layer, weights, x, target):
    x, target = (
        each.movedim(layer.axis + 1 if layer.axis >= 0 else layer.axis, -1).flatten(0, -2) for each in (x, target)
    )
    return F.cosine_embedding_loss(x, target, torch.ones(len(x)))


@rule(Dice)
def dice(layer, weights, x, target):
    losses = []
    for scores, wanted in zip(torch.sigmoid(x), target.to(x.dtype), strict=True):
        common = torch.dot(scores.flatten(), wanted.flatten())
        losses.append(1 - (2 * common + layer.smooth) / (scores.sum() + wanted.sum() + layer.smooth))
    return torch.stack(losses).mean()


@rule(Focal)
def focal(layer, weights, x, target):
    entropy = F.cross_entropy(x.movedim(layer.axis + 1 if layer.axis >= 0 else layer.axis, 1), target, reduction="none")
    return ((1 - torch.exp(-entropy)) ** layer.gamma * entropy).mean()


@rule(Contrastive)
def contrastive(layer, weights, a, b, target):
    apart = F.relu(layer.margin - torch.linalg.vector_norm(a - b, dim=-1))
    target = target.reshape(apart.shape)
    near = F.mse_loss(a, b, reduction="none").sum(-1)
    return (near * target + apart**2 * (1 - target)).mean() / 2


@rule(Triplet)
def triplet(layer, weights, anchor, positive, negative):
    return F.triplet_margin_with_distance_loss(
        *(each.flatten(0, -2) for each in (anchor, positive, negative)),
        distance_function=lambda a, b: torch.linalg.vector_norm(a - b, dim=-1) ** 2,
        margin=layer.margin,
    )


def drawn(case):
    weights = random_weights(case.layer, *(signal.shape for signal in case.signals))
    return weights, [random_input(signal, seed=place) for place, signal in enumerate(case.signals)]


def outputs(made):
    return made if isinstance(made, tuple) else (made,)


def tensors(arrays):
    return {name: torch.tensor(array) for name, array in arrays.items()}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", COMPUTED, ids=str)
def test_reference_and_torch_agree(case):
    weights, inputs = drawn(case)
    ours = outputs(reference(case.layer, weights, *inputs))
    theirs = outputs(torch_of(case.layer, tensors(weights), *(torch.tensor(x) for x in inputs)))
    for our, their in zip(ours, theirs, strict=True):
        assert our.shape == tuple(their.shape)
        np.testing.assert_allclose(our, their.numpy(), rtol=1e-9, atol=1e-11)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("case", COMPUTED, ids=str)
def test_the_predicted_shape_is_the_real_one(case):
    weights, inputs = drawn(case)
    theirs = outputs(torch_of(case.layer, tensors(weights), *(torch.tensor(x) for x in inputs)))
    for their, predicted in zip(theirs, case.layer.outputs(*case.signals), strict=True):
        assert tuple(their.shape) == (() if case.layer.FAMILY == "loss" else (2, *predicted.shape))


@pytest.mark.parametrize("case", [c for c in COMPUTED if isinstance(c.layer, BatchNorm)], ids=str)
def test_batch_normalization_agrees_while_training_and_in_what_it_keeps(case):
    weights, (x,) = drawn(case)
    kept = tensors(weights)
    theirs = torch_of(case.layer, kept, torch.tensor(x), training=True).numpy()
    np.testing.assert_allclose(reference(case.layer, weights, x, training=True), theirs, rtol=1e-9, atol=1e-11)
    for name, average in running_averages(case.layer, weights, x).items():
        np.testing.assert_allclose(average, kept[name].numpy(), rtol=1e-9, err_msg=name)


def test_every_layer_that_computes_is_compared():
    special = {"input", "target", "unknown", "use"}
    compared = {type(case.layer) for case in COMPUTED}
    assert [name for name, kind in CATALOGUE.items() if kind not in compared and name not in special] == []
