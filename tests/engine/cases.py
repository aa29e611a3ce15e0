"""The layers of the catalogue in several settings, each with inputs that fit: what generic tests go through."""

from __future__ import annotations

from dataclasses import dataclass

from engine.declare import name_of
from engine.layers import Layer, Signal
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
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.embedding import Embedding
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
from engine.layers.recurrent import GRU, LSTM
from engine.layers.regularization import Dropout
from engine.layers.reshape import Flatten, Reshape


@dataclass(frozen=True)
class Case:
    """A layer and what enters it, without the batch axis."""

    layer: Layer
    signals: tuple[Signal, ...]

    def __str__(self) -> str:
        return f"{name_of(self.layer)}-{self.layer.brief()}-{'-'.join(str(s.shape) for s in self.signals)}"


def case(layer: Layer, *signals: tuple[int, ...] | Signal) -> Case:
    """A case; a plain shape means numbers."""
    return Case(layer, tuple(s if isinstance(s, Signal) else Signal(s) for s in signals))


def index(*shape: int, classes: int) -> Signal:
    """Indices below `classes`."""
    return Signal(shape, "index", classes)


IMAGE = (4, 9, 8)
VOLUME = (4, 5, 6, 4)

CASES = (
    case(Input(sizes=(3, 5, 4))),
    case(Input(sizes=(6,), values="index", classes=9)),
    case(Target(classes=4)),
    case(Target(sizes=(2, 3))),
    case(Dense(units=3), (7,)),
    case(Dense(units=3, bias=False), (2, 5, 7)),
    case(Embedding(classes=9, units=4), index(6, classes=9)),
    case(Embedding(classes=9, units=4), index(classes=5)),
    case(Conv1D(filters=5, kernel=3), (4, 9)),
    case(Conv1D(filters=6, kernel=3, stride=2, padding=(2, 1), dilation=2, groups=2, bias=False), (4, 9)),
    case(Conv1D(filters=3, kernel=4, stride=3, auto_pad="same"), (4, 11)),
    case(Conv2D(filters=5), IMAGE),
    case(Conv2D(filters=5, kernel=(5, 3), stride=2, padding=(1, 0, 2, 0), bias=False), IMAGE),
    case(Conv2D(filters=6, kernel=(3, 2), padding=1, dilation=(2, 3), groups=2), IMAGE),
    case(Conv2D(filters=5, kernel=(4, 3), auto_pad="same"), IMAGE),
    case(Conv2D(filters=5, kernel=(2, 3), stride=(3, 2), dilation=2, auto_pad="same"), IMAGE),
    case(Conv2D(filters=5, kernel=1, stride=2, padding=0), IMAGE),
    case(Conv2D(filters=5, kernel=3, padding=2, auto_pad="valid"), IMAGE),
    case(Conv2D(filters=4, kernel=3, groups=4), IMAGE),
    case(ConvTranspose2D(filters=5), IMAGE),
    case(ConvTranspose2D(filters=5, kernel=(4, 3), stride=(2, 1), padding=(1, 0, 2, 1)), IMAGE),
    case(ConvTranspose2D(filters=6, kernel=3, stride=2, padding=1, output_padding=1, groups=2, bias=False), IMAGE),
    case(ConvTranspose2D(filters=5, kernel=3, stride=2, dilation=2, output_padding=(0, 1)), IMAGE),
    case(ConvTranspose2D(filters=5, kernel=3, stride=2, auto_pad="same"), IMAGE),
    case(Conv3D(filters=3), VOLUME),
    case(Conv3D(filters=6, kernel=(2, 3, 2), stride=(2, 1, 1), padding=(1, 0, 2, 0, 1, 1), groups=2), VOLUME),
    case(Conv3D(filters=3, kernel=2, dilation=(1, 2, 3), auto_pad="same", bias=False), VOLUME),
    case(ConvTranspose1D(filters=5), (4, 9)),
    case(
        ConvTranspose1D(filters=6, kernel=4, stride=3, padding=(2, 1), dilation=2, output_padding=2, groups=2), (4, 9)
    ),
    case(ConvTranspose1D(filters=3, kernel=4, stride=2, auto_pad="same", bias=False), (4, 9)),
    case(ConvTranspose3D(filters=3), VOLUME),
    case(ConvTranspose3D(filters=6, kernel=(2, 3, 2), stride=(2, 1, 1), padding=(1, 0, 1, 0, 1, 0), groups=2), VOLUME),
    case(ConvTranspose3D(filters=3, kernel=2, stride=2, dilation=(1, 2, 3), output_padding=(0, 1, 0)), VOLUME),
    case(SeparableConv2D(filters=5), IMAGE),
    case(SeparableConv2D(filters=5, kernel=(3, 2), stride=2, padding=(1, 0, 2, 0), multiplier=3, bias=False), IMAGE),
    case(SeparableConv2D(filters=3, stride=(1, 2), dilation=2, auto_pad="same"), IMAGE),
    case(DepthwiseConv2D(kernel=3, padding=1), IMAGE),
    case(DepthwiseConv2D(kernel=(3, 2), stride=2, dilation=2, multiplier=3, bias=False), IMAGE),
    case(DepthwiseConv2D(kernel=3, stride=2, auto_pad="same"), IMAGE),
    case(MaxPool2D(), IMAGE),
    case(MaxPool2D(kernel=3, stride=2), IMAGE),
    case(MaxPool2D(kernel=3, stride=2, padding=1, rounding="ceil"), IMAGE),
    case(MaxPool2D(kernel=2, stride=3, rounding="ceil"), IMAGE),
    case(MaxPool2D(kernel=(3, 2), stride=(1, 2), padding=(2, 0, 1, 1)), IMAGE),
    case(MaxPool2D(kernel=3, stride=2, auto_pad="same"), IMAGE),
    case(AvgPool2D(), IMAGE),
    case(AvgPool2D(kernel=3, stride=2, padding=1), IMAGE),
    case(AvgPool2D(kernel=3, stride=2, padding=1, rounding="ceil"), IMAGE),
    case(AvgPool2D(kernel=3, stride=2, padding=1, rounding="ceil", count_padding=False), IMAGE),
    case(AvgPool2D(kernel=3, stride=2, rounding="ceil"), IMAGE),
    case(AvgPool2D(kernel=(3, 2), stride=(1, 2), padding=(2, 0, 1, 1)), IMAGE),
    case(AvgPool2D(kernel=(3, 2), stride=(1, 2), padding=(2, 0, 1, 1), count_padding=False), IMAGE),
    case(AvgPool2D(kernel=3, stride=2, auto_pad="same", count_padding=False), IMAGE),
    case(GlobalAvgPool(), IMAGE),
    case(GlobalAvgPool(keep_axes=True), IMAGE),
    case(GlobalAvgPool(), (4, 9)),
    case(BatchNorm(), IMAGE),
    case(BatchNorm(momentum=0.3, epsilon=0.01, affine=False), IMAGE),
    case(BatchNorm(), (6,)),
    case(BatchNorm(), (4, 9)),
    case(LayerNorm(), (5, 6)),
    case(LayerNorm(axes=3, epsilon=0.01), IMAGE),
    case(LayerNorm(affine=False), (6,)),
    case(LRN(), (7, 4, 3)),
    case(LRN(size=3, alpha=0.9, beta=0.6, k=2.0), (7, 4, 3)),
    case(LRN(size=1, alpha=1.0), (7, 4, 3)),
    case(ReLU(), IMAGE),
    case(ReLU6(), IMAGE),
    case(LeakyReLU(), IMAGE),
    case(LeakyReLU(slope=0.3), (6,)),
    case(PReLU(), IMAGE),
    case(PReLU(), (6,)),
    case(PReLU(shared=True), (5, 6)),
    case(PReLU(shared=True), ()),
    case(ELU(), IMAGE),
    case(ELU(alpha=0.5), (6,)),
    case(SELU(), IMAGE),
    case(GELU(), IMAGE),
    case(GELU(approximation="tanh"), IMAGE),
    case(SiLU(), IMAGE),
    case(Mish(), IMAGE),
    case(HardSwish(), IMAGE),
    case(HardSigmoid(), IMAGE),
    case(HardSigmoid(slope=0.7, offset=0.2), (6,)),
    case(Sigmoid(), IMAGE),
    case(Tanh(), IMAGE),
    case(Softplus(), IMAGE),
    case(Softplus(beta=2.5), (6,)),
    case(Softsign(), IMAGE),
    case(Exp(), IMAGE),
    case(Exp(scale=-0.7, shift=0.5), (6,)),
    case(Log(shift=9), IMAGE),
    case(Log(scale=0.2, shift=2), (6,)),
    case(Power(), IMAGE),
    case(Power(power=2, scale=-0.5), IMAGE),
    case(Power(power=3, scale=0.5, shift=0.3), (6,)),
    case(Power(power=-1.5, scale=0.5, shift=4), (6,)),
    case(Abs(), IMAGE),
    case(Clip(), IMAGE),
    case(Clip(low=-0.5, high=0.8), (6,)),
    case(Softmax(), (5, 6)),
    case(Softmax(axis=0), IMAGE),
    case(Softmax(axis=-3), IMAGE),
    case(LogSoftmax(), (5, 6)),
    case(LogSoftmax(axis=0), IMAGE),
    case(Dropout(), IMAGE),
    case(Dropout(rate=0.0), (6,)),
    case(Flatten(), IMAGE),
    case(Flatten(), (6,)),
    case(Flatten(), ()),
    case(Reshape(), IMAGE),
    case(Reshape(sizes=(-1, 12)), IMAGE),
    case(Reshape(sizes=(8, 9, 4)), IMAGE),
    case(Reshape(sizes=()), (1,)),
    case(Add(), IMAGE),
    case(Add(), IMAGE, IMAGE, IMAGE),
    case(Add(), IMAGE, (4, 1, 1)),
    case(Add(), (8,), IMAGE, (9, 1)),
    case(Multiply(), IMAGE, IMAGE),
    case(Multiply(), (4, 1, 1), IMAGE),
    case(Multiply(), (3, 1), (1, 5), ()),
    case(Subtract(), IMAGE, (4, 1, 1), (8,)),
    case(Subtract(), (9, 1), IMAGE),
    case(Divide(), (2, 6), (6,)),
    case(Divide(), (2, 1), (5,), (2, 5)),
    case(Maximum(), IMAGE, (4, 1, 1)),
    case(Maximum(), (6,), (6,), (6,)),
    case(Minimum(), (6,), (5, 6)),
    case(Minimum(), IMAGE),
    case(Average(), IMAGE, (8,), IMAGE),
    case(Average(), (6,)),
    case(MatMul(), (3, 4), (4, 5)),
    case(MatMul(transpose_b=True), (2, 3, 4), (2, 5, 4)),
    case(MatMul(transpose_a=True), (2, 1, 4, 3), (5, 4, 2)),
    case(MatMul(transpose_a=True, transpose_b=True), (4, 3), (2, 5, 4)),
    case(Concat(), IMAGE, (2, 9, 8), IMAGE),
    case(Concat(axis=-1), (3, 4), (3, 5)),
    case(LSTM(units=3), (5, 4)),
    case(LSTM(units=3, layers=2, bidirectional=True, sequence=True), (5, 4)),
    case(LSTM(units=3, layers=2, bidirectional=True), (5, 4)),
    case(LSTM(units=3, sequence=True), (5, 4)),
    case(GRU(units=3), (5, 4)),
    case(GRU(units=3, layers=2, bidirectional=True, sequence=True), (5, 4)),
    case(GRU(units=3, layers=3, sequence=True), (5, 4)),
    case(GRU(units=3, bidirectional=True), (5, 4)),
    case(SoftmaxCrossEntropy(), (5,), index(classes=5)),
    case(SoftmaxCrossEntropy(weight=0.3, class_weights=(1, 0.5, 2, 3, 1.5)), (5,), index(classes=5)),
    case(SoftmaxCrossEntropy(label_smoothing=0.1, class_weights=(1, 0.5, 2, 3, 1.5)), (5,), index(classes=5)),
    case(SoftmaxCrossEntropy(axis=0), (5, 3, 2), index(3, 2, classes=5)),
    case(SoftmaxCrossEntropy(label_smoothing=0.2), (6, 5), index(6, classes=5)),
    case(SoftmaxCrossEntropy(ignore_index=2), (6, 5), index(6, classes=5)),
    case(SigmoidCrossEntropy(), (3, 4), (3, 4)),
    case(SigmoidCrossEntropy(weight=2), (1,), index(classes=2)),
    case(MeanSquaredError(), (3, 4), (3, 4)),
    case(MeanSquaredError(weight=0.5), (1,), ()),
    case(MeanAbsoluteError(), (3, 4), (3, 4)),
    case(MeanAbsoluteError(weight=2), (1,), ()),
    case(Huber(), (3, 4), (3, 4)),
    case(Huber(delta=0.4, weight=0.5), (6,), (6,)),
    case(Hinge(), (3, 4), (3, 4)),
    case(Hinge(weight=2), (3, 1), index(3, classes=2)),
    case(KLDivergence(), (6, 5), (6, 5)),
    case(KLDivergence(axis=0, weight=2), (5, 3), (5, 3)),
    case(CosineSimilarity(), (6, 5), (6, 5)),
    case(CosineSimilarity(axis=0, weight=2), (5, 3), (5, 3)),
    case(Dice(), (1, 4, 5), index(4, 5, classes=2)),
    case(Dice(smooth=0.1, weight=3), (6,), (6,)),
    case(Focal(), (5,), index(classes=5)),
    case(Focal(gamma=0.5, axis=0, weight=2), (5, 3, 2), index(3, 2, classes=5)),
    case(Focal(gamma=0), (6, 5), index(6, classes=5)),
    case(Contrastive(margin=3), (6,), (6,), index(classes=2)),
    case(Contrastive(margin=5, weight=0.5), (3, 2), (3, 2), (3, 1)),
    case(Triplet(), (6,), (6,), (6,)),
    case(Triplet(margin=4, weight=0.5), (3, 2), (3, 2), (3, 2)),
)
"""At least one case for every layer that can be executed."""
