"""What holds for every layer of the catalogue, and what single ones promise besides."""

import dataclasses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.blocks import Use
from engine.declare import fields_of, name_of
from engine.errors import FieldError, ShapeError
from engine.layers import CATALOGUE, FAMILIES, Signal
from engine.layers.activation import Clip
from engine.layers.arranging import Crop, Expand, Pad, Permute, Reduce, Slice, Split, Squeeze
from engine.layers.attention import MultiHeadAttention
from engine.layers.convolution import Conv2D, DepthwiseConv2D, SeparableConv2D
from engine.layers.data import Constant, Input, Target
from engine.layers.dense import Bilinear, Dense
from engine.layers.distributed import TimeDistributed
from engine.layers.embedding import Embedding, PositionalEncoding
from engine.layers.loss import (
    CTC,
    Contrastive,
    Dice,
    Focal,
    Huber,
    KLDivergence,
    MeanSquaredError,
    SigmoidCrossEntropy,
    SoftmaxCrossEntropy,
    Triplet,
)
from engine.layers.merge import Add, Concat, MatMul
from engine.layers.normalization import LRN, BatchNorm, GroupNorm, InstanceNorm, L2Normalize, LayerNorm, RMSNorm, Scale
from engine.layers.pooling import AdaptiveAvgPool, AvgPool1D, AvgPool3D, GlobalMaxPool, MaxPool1D, MaxPool2D
from engine.layers.recurrent import GRU, LSTM, RNN
from engine.layers.regularization import SpatialDropout
from engine.layers.resampling import PixelShuffle, Upsample
from engine.layers.reshape import Flatten, Reshape
from tests.engine.cases import CASES, index

PLACEHOLDERS = {"unknown", "use"}
LAYERS = [kind for name, kind in CATALOGUE.items() if name not in PLACEHOLDERS]

PROMISED = """
    Input Target Dense Conv1D Conv2D Conv3D ConvTranspose1D ConvTranspose2D ConvTranspose3D DepthwiseConv2D
    SeparableConv2D MaxPool2D AvgPool2D GlobalAvgPool BatchNorm
    LayerNorm LRN ReLU LeakyReLU ELU GELU Sigmoid Tanh Softmax Dropout Flatten Reshape Add Multiply Concat Embedding
    RNN LSTM GRU SoftmaxCrossEntropy SigmoidCrossEntropy MeanSquaredError MeanAbsoluteError Huber Hinge KLDivergence
    CosineSimilarity Dice Focal Contrastive Triplet Bilinear PositionalEncoding MultiHeadAttention
    ReLU6 PReLU SELU SiLU Mish HardSwish HardSigmoid Softplus Softsign LogSoftmax Exp Log Power Abs Clip Elementary
    Subtract Divide Maximum Minimum Average MatMul Permute Squeeze Expand Pad Crop Slice Split Reduce ArgMax
    Identity
    MaxPool1D MaxPool3D AvgPool1D AvgPool3D GlobalMaxPool AdaptiveAvgPool Upsample PixelShuffle
    GroupNorm InstanceNorm RMSNorm L2Normalize Scale
"""


def test_the_promised_layers_are_there():
    assert set(PROMISED.split()) <= {kind.__name__ for _, kind in CATALOGUE.items()}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (MaxPool2D, "max_pool2d"),
        (DepthwiseConv2D, "depthwise_conv2d"),
        (LRN, "lrn"),
        (L2Normalize, "l2_normalize"),
        (LSTM, "lstm"),
        (SoftmaxCrossEntropy, "softmax_cross_entropy"),
    ],
)
def test_a_layer_is_written_in_snake_case(kind, name):
    assert name_of(kind) == name
    assert CATALOGUE.get(name) is kind


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_says_what_it_does_and_what_its_parameters_are(kind):
    assert kind.FAMILY in FAMILIES
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__ + "("), "the docstring is the one that dataclass makes up"
    assert [field.name for field in fields_of(kind) if not field.help] == []


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_can_be_offered_without_parameters(kind):
    assert isinstance(kind(), kind)
    assert isinstance(kind.fresh(), kind)
    assert isinstance(kind.fresh().brief(), str)


def test_there_is_a_case_for_every_layer():
    assert {type(case.layer) for case in CASES} == set(LAYERS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_weights_have_names_of_their_own_and_known_shapes(case):
    weights = case.layer.weights(*(signal.shape for signal in case.signals))
    assert len({weight.name for weight in weights}) == len(weights)
    assert all(min(weight.shape) > 0 and "/" not in weight.name for weight in weights)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_axis_of_any_length_gives_the_same_shape_but_for_axes_of_any_length(case):
    """Or it is refused: no layer may guess a length."""
    known = case.layer.outputs(*case.signals)
    for place, signal in enumerate(case.signals):
        for axis in range(len(signal.shape)):
            shape = (*signal.shape[:axis], -1, *signal.shape[axis + 1 :])
            signals = list(case.signals)
            signals[place] = dataclasses.replace(signal, shape=shape)
            try:
                told = case.layer.outputs(*signals)
            except ShapeError:
                continue
            for open_, closed in zip(told, known, strict=True):
                assert all(a in (-1, b) for a, b in zip(open_.shape, closed.shape, strict=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_costs_are_whole_numbers_and_an_axis_of_any_length_counts_once(case):
    shapes = [signal.shape for signal in case.signals]
    assert case.layer.macs(*shapes) >= 0
    assert isinstance(case.layer.macs(*shapes), int)


shapes = st.lists(st.sampled_from([-1, 1, 2, 3, 4, 8, 9]), max_size=4).map(tuple)
signals = st.builds(Signal, shapes, st.sampled_from(["number", "index"]), st.sampled_from([0, 2, 9]))


@settings(max_examples=5 * settings.default.max_examples)
@given(layer=st.sampled_from([case.layer for case in CASES]), data=st.data())
def test_whatever_enters_a_layer_gives_a_shape_or_a_clear_refusal(layer, data):
    many = bool(layer.SLOTS) and layer.SLOTS[-1].many
    count = data.draw(st.integers(1, 3)) if many else len(layer.SLOTS)
    entering = [data.draw(signals) for _ in range(count)]
    refused = None
    try:
        leaving = layer.outputs(*entering)
    except ShapeError as error:
        refused = error.message
    if refused is not None:
        assert 10 < len(refused) < 160
        assert "\n" not in refused
    else:
        assert all(axis == -1 or axis > 0 for signal in leaving for axis in signal.shape)
        layer.weights(*(signal.shape for signal in entering))
        assert layer.macs(*(signal.shape for signal in entering)) >= 0


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        # LeNet as the Caffe authors' file has it: 2,293,000 together.
        (Conv2D(filters=20, kernel=5), (1, 28, 28), 288_000),
        (Conv2D(filters=50, kernel=5), (20, 12, 12), 1_600_000),
        (Dense(units=500), (800,), 400_000),
        (Dense(units=10), (500,), 5_000),
        # MobileNet v1, conv_dw_2 and the pointwise convolution behind it (Howard et al. 2017, table 1).
        (DepthwiseConv2D(kernel=3, padding=1), (32, 112, 112), 3 * 3 * 32 * 112 * 112),
        (Conv2D(filters=64, kernel=1), (32, 112, 112), 32 * 64 * 112 * 112),
        (SeparableConv2D(filters=64, padding=1), (32, 112, 112), (3 * 3 * 32 + 32 * 64) * 112 * 112),
        # One layer's attention of the base Transformer: four projections and two products (Vaswani et al. 2017, 3.2).
        (MultiHeadAttention(), (100, 512), 4 * 100 * 512 * 512 + 2 * 100 * 100 * 512),
        (LSTM(units=3), (5, 4), 5 * 4 * 3 * (4 + 3)),
        (GRU(units=3, bidirectional=True), (5, 4), 2 * 5 * 3 * 3 * (4 + 3)),
    ],
)
def test_multiply_accumulates_are_those_of_the_papers(layer, shape, macs):
    assert layer.macs(shape) == macs


def refusal(layer, *entering):
    with pytest.raises(ShapeError) as error:
        layer.outputs(*(s if isinstance(s, Signal) else Signal(s) for s in entering))
    return error.value


@pytest.mark.parametrize("layer", [Conv2D(), Dense(), LSTM(), BatchNorm()])
def test_layers_that_calculate_refuse_indices(layer):
    error = refusal(layer, index(4, 9, 9, classes=5))
    assert error.message == "takes numbers, and its input holds indices"
    assert "Embedding" in error.hint


def test_an_embedding_refuses_numbers_and_indices_beyond_its_table():
    assert refusal(Embedding(), (5,)).message == "takes indices, and its input holds numbers"
    too_many = refusal(Embedding(classes=5), index(3, classes=7))
    assert too_many.message == "has 5 rows, and its input holds indices below 7"


def test_indices_that_are_only_arranged_stay_indices():
    assert Flatten().outputs(index(2, 3, classes=7)) == (index(6, classes=7),)
    assert Concat().outputs(index(2, classes=7), index(3, classes=9)) == (index(5, classes=9),)
    assert refusal(Concat(), index(2, classes=7), (3,)).message == "some of its inputs hold numbers, others indices"


def test_eleven_scores_for_ten_classes_are_refused():
    error = refusal(SoftmaxCrossEntropy(), (11,), index(classes=10))
    assert error.message == "is given 11 scores, and its target has 10 classes"


@pytest.mark.parametrize(
    ("layer", "entering", "message"),
    [
        (SoftmaxCrossEntropy(), [(10,), ()], "needs a target of classes, and its target holds numbers"),
        (SoftmaxCrossEntropy(), [(6, 5), index(7, classes=5)], "needs a target of 6 for scores of 6x5, not 7"),
        (SoftmaxCrossEntropy(axis=2), [(6, 5), index(6, classes=5)], "axis 2 is not there: its input is 6x5"),
        (SoftmaxCrossEntropy(class_weights=(1, 2)), [(5,), index(classes=5)], "has 2 class weights for 5 scores"),
        (MeanSquaredError(), [(3,), index(classes=5)], "needs a target of numbers, and its target holds classes"),
        (MeanSquaredError(), [(3, 4), (12,)], "needs a target of 3x4, as its input is, not 12"),
        (SigmoidCrossEntropy(), [(3,), index(3, classes=3)], "needs a target of 2 classes or of numbers, and"),
        (MultiHeadAttention(heads=4), [(5, 6)], "4 heads do not divide 6 features"),
        (MultiHeadAttention(heads=2), [(6,)], "needs sequences of steps and features (T, F), and is given 6"),
        (
            MultiHeadAttention(heads=2),
            [(5, 6), ()],
            "needs sequences of steps and features (T, F), and is given a single",
        ),
        (MultiHeadAttention(heads=2), [(5, 6), (4, 3), (5,)], "needs a mask of 4 or 5x4, not 5"),
        (PositionalEncoding(kind="learned", length=4), [(5, 6)], "has vectors for 4 positions, and its input is 5x6"),
        (Bilinear(), [(3, 4), (2, 4)], "needs inputs alike but for their last axis, and is given 3x4 and 2x4"),
        (Focal(), [(10,), ()], "needs a target of classes, and its target holds numbers"),
        (Huber(), [(3,), index(classes=5)], "needs a target of numbers, and its target holds classes"),
        (KLDivergence(), [(3, 1), (3,)], "needs a target of 3x1, as its input is, not 3"),
        (Dice(), [(3,), index(3, classes=3)], "needs a target of 2 classes or of numbers, and"),
        (Contrastive(), [(3,), (4,), ()], "compares vectors of one length, and is given 3 and 4"),
        (Contrastive(), [(3,), (3,), (3,)], "needs a target of a single number, as its input is, not 3"),
        (Triplet(), [(3,), (3,), ()], "compares vectors of one length, and is given 3 and a single number"),
        (CTC(), [(5,), index(3, classes=5)], "needs steps and scores (T, C), C at least 2, and its input is 5"),
        (CTC(), [(9, 5), (3,)], "needs a target of classes (L), and its target is 3"),
        (CTC(), [(9, 5), index(3, classes=6)], "is given 5 scores, and its target has 6 classes"),
        (CTC(), [(9, 5), index(3, classes=5), (8,)], "needs a mask of 9, a value for each step, not 8"),
        (Add(), [(3, 4), (2, 4)], "3x4 and 2x4 do not go together"),
        (MatMul(transpose_b=True), [(3, 4), (4, 5)], "cannot multiply 3x4 by 5x4"),
        (MatMul(), [(3, 4), (4,)], "needs two matrices (M, K) and (K, N), and an input is 4"),
        (Permute(axes=(1, 0)), [(3, 4, 5)], "orders 2 axes, and its input is 3x4x5"),
        (Squeeze(axes=(0,)), [(3, 1)], "drops axes of length 1 only, and its input is 3x1"),
        (Squeeze(), [(-1, 1)], "needs known lengths, or axes to drop, and its input is anyx1"),
        (Expand(axes=(0, -3)), [(3,)], "names an axis twice: 0, -3"),
        (Pad(padding=(3, 0), mode="reflect"), [(3,)], "can mirror fewer cells than an axis has"),
        (Pad(), [(3,)], "names the ends of 2 axes, and its input is 3"),
        (Crop(cropping=(2, 1)), [(3,)], "cropping leaves nothing of 3"),
        (Slice(begin=3), [(3,)], "takes nothing of axis 0: its input is 3"),
        (Split(), [(3, 4)], "cannot cut axis 0 of 3x4 into 2 equal parts"),
        (Split(sizes=(1, 3), axis=1), [(3, 5)], "has parts of 4 together, and axis 1 of its input has 5"),
        (Reduce(axes=(0, -2)), [(3, 4)], "names an axis twice: 0, -2"),
        (Concat(), [(3, 4), (3, 5)], "3x4 and 3x5 differ in more than axis 0"),
        (Concat(axis=1), [(3,), (3,)], "axis 1 is not there: its input is 3"),
        (Reshape(sizes=(5, -1)), [(3, 4)], "3x4 has 12 values, and 5xany needs a multiple of 5"),
        (Reshape(sizes=(5, 2)), [(3, 4)], "3x4 has 12 values, and 5x2 needs 10"),
        (Reshape(sizes=(5, 2)), [(-1, 4)], "needs one axis of -1, for its input is of any length: anyx4"),
        (Dense(), [()], "needs at least one axis, and its input is a single number"),
        (LSTM(), [(4,)], "needs a sequence of steps and features (T, F), and its input is 4"),
        (LayerNorm(axes=2), [(4,)], "needs known lengths of the last 2 axes, and its input is 4"),
        (LRN(), [(4,)], "needs channels and positions (C, *), and its input is 4"),
        (LRN(region="within_channel"), [(2, 3, 3, 3, 3)], "looks within channels along one to three axes, and its"),
        (GroupNorm(groups=3), [(4, 9, 9)], "3 groups do not divide 4 channels"),
        (GroupNorm(), [(-1, 9)], "needs a known number of channels, the first axis, and its input is anyx9"),
        (InstanceNorm(), [(4,)], "needs channels and positions (C, *), and its input is 4"),
        (RMSNorm(axes=2), [(4,)], "needs known lengths of the last 2 axes, and its input is 4"),
        (L2Normalize(axes=(0, -1)), [(4,)], "names an axis twice: 0, -1"),
        (L2Normalize(axes=()), [()], "needs at least one axis, and its input is a single number"),
        (Scale(axis=1), [(4,)], "axis 1 is not there: its input is 4"),
        (Scale(axis=-1, axes=2), [(4, 5)], "has 2 axes from axis -1 on, and its input is 4x5"),
        (Scale(axes=2), [(4, -1)], "needs known lengths of the axes with values of their own, and its input is 4xany"),
        (MaxPool1D(), [(4, 9, 8)], "needs channels and length (C, L), and its input is 4x9x8"),
        (AvgPool3D(), [(4, 9, 8)], "needs channels, depth, height and width (C, D, H, W), and its input is 4x9x8"),
        (GlobalMaxPool(), [(4,)], "needs channels and positions (C, *), and its input is 4"),
        (AdaptiveAvgPool(sizes=(2, 3)), [(4, 9)], "has sizes for 2 axes, and its input is 4x9"),
        (AdaptiveAvgPool(), [(4,)], "needs channels and length (C, L), and its input is 4"),
        (Upsample(scale=(2, 3)), [(4, 9, 8, 3)], "has a scale for 2 axes, and its input is 4x9x8x3"),
        (Upsample(), [(4, 2, 2, 2, 2)], "needs channels, depth, height and width (C, D, H, W), and its input is"),
        (Constant(value=(1, 2), sizes=(3,)), [], "needs 3 numbers for 3, or one for all, and states 2"),
        (SpatialDropout(axis=1), [(4,)], "axis 1 is not there: its input is 4"),
        (GRU(), [(5, 4), (4,)], "needs a mask of 5, a value for each step, not 4"),
        (RNN(), [(5, 4), (5, 4)], "needs a mask of 5, a value for each step, not 5x4"),
        (TimeDistributed(), [()], "needs a sequence of steps (T, *), and its input is a single number"),
        (TimeDistributed(layer=Conv2D()), [(3, 9, 8)], "needs channels, height and width (C, H, W), and its input is"),
        (TimeDistributed(layer=MatMul()), [(3, 4)], "cannot apply mat_mul to every step"),
        (TimeDistributed(layer=Input()), [(3, 4)], "cannot apply input to every step"),
        (TimeDistributed(layer=Use(block="stem")), [(3, 4)], "cannot apply use to every step"),
        (TimeDistributed(layer=Split()), [(3, 4)], "cannot apply split to every step: it has 2 outputs"),
        (PixelShuffle(factor=3), [(4, 9, 8)], "needs a multiple of 9 channels, and its input is 4x9x8"),
    ],
)
def test_a_refusal_tells_expected_and_found(layer, entering, message):
    assert refusal(layer, *entering).message.startswith(message)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: LRN(size=4), "size"),
        (lambda: Scale(scale=False, shift=False), "shift"),
        (lambda: AdaptiveAvgPool(sizes=0), "sizes"),
        (lambda: Upsample(mode="bicubic"), "mode"),
        (lambda: Clip(low=2), "low"),
        (lambda: Permute(axes=(0, 2)), "axes"),
        (lambda: Pad(padding=1), "padding"),
        (lambda: Crop(cropping=(1, 2, 3)), "cropping"),
        (lambda: Reshape(sizes=(-1, -1)), "sizes"),
        (lambda: Reshape(sizes=(0, 3)), "sizes"),
        (lambda: Conv2D(kernel=0), "kernel"),
        (lambda: Conv2D(padding=-1), "padding"),
        (lambda: Conv2D(auto_pad="some"), "auto_pad"),
        (lambda: Dense(units=0), "units"),
        (lambda: Input(sizes=(-2,)), "sizes"),
        (lambda: Target(classes=-1), "classes"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(make, field):
    with pytest.raises(FieldError) as error:
        make()
    assert error.value.field == field


def test_one_number_stands_for_every_axis_and_begins_for_ends():
    layer = Conv2D(kernel=5, padding=(1, 2))
    assert layer.kernel == (5, 5)
    assert layer.padding == (1, 2, 1, 2)


@example((3, 1), (1, 5), ())
@given(*[st.lists(st.integers(1, 3), max_size=4).map(tuple)] * 3)
def test_shapes_are_broadcast_as_numpy_does(a, b, c):
    import numpy as np

    try:
        expected = np.broadcast_shapes(a, b, c)
    except ValueError:
        refusal(Add(), a, b, c)
    else:
        assert Add().outputs(Signal(a), Signal(b), Signal(c)) == (Signal(expected),)


@pytest.mark.parametrize(
    ("layer", "brief"),
    [
        (Input(sizes=(1, 28, 28)), "1 × 28 × 28"),
        (Input(sizes=(-1,)), "any"),
        (Target(classes=10), "10 classes"),
        (Conv2D(filters=20, kernel=5), "20 · 5×5"),
        (Conv2D(filters=20, kernel=(5, 3)), "20 · 5×3"),
        (MaxPool2D(), "2×2 / 2"),
        (MaxPool2D(kernel=3, stride=(2, 1)), "3×3 / 2×1"),
        (AvgPool1D(kernel=3), "3 / 3"),
        (AdaptiveAvgPool(sizes=(7, 5)), "7×5"),
        (Upsample(scale=(2, 3), mode="bilinear"), "2×3 bilinear"),
        (PixelShuffle(factor=3), "3"),
        (GroupNorm(), "32"),
        (Dense(units=500), "500"),
        (SoftmaxCrossEntropy(weight=0.3), "× 0.3"),
    ],
)
def test_a_node_shows_the_parameters_that_matter(layer, brief):
    assert layer.brief() == brief
