"""The arithmetic of windows, against values computed by hand and those that Caffe and TensorFlow publish."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.errors import ShapeError
from engine.layers.convolution import Conv1D, Conv2D, ConvTranspose2D
from engine.layers.pooling import AvgPool1D, AvgPool2D, AvgPool3D, MaxPool1D, MaxPool2D, MaxPool3D
from engine.layers.window import Window


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "padding", "floor", "ceil"),
    [
        (24, 2, 2, 0, 12, 12),  # LeNet, pool1
        (55, 3, 2, 0, 27, 27),  # AlexNet, pool1
        (112, 3, 2, 0, 55, 56),  # GoogLeNet, pool1: 56 in the authors' net
        (28, 3, 2, 0, 13, 14),  # GoogLeNet, pool3: 14 in the authors' net
        (32, 3, 2, 0, 15, 16),  # Caffe's CIFAR-10, pool1
        (4, 3, 2, 1, 2, 3),  # (4 + 2 - 3) / 2 = 1.5; the third begins at 4, and the image ends at 5
        (4, 2, 2, 1, 3, 3),  # (4 + 2 - 2) / 2 = 2; the third begins at 4, and the image ends at 5
        (3, 2, 2, 1, 2, 2),  # 1.5, but a third would begin at 4, where the image ends: left out
        (5, 2, 3, 1, 2, 2),  # 1.67, but a third would begin at 6, where the image ends: left out
        (6, 1, 4, 0, 2, 2),  # 1.25, but a third would begin at 8, behind the image: left out
    ],
)
def test_pooling_rounds_down_or_up_as_caffe_does(length, kernel, stride, padding, floor, ceil):
    pool = {"kernel": (kernel, 1), "stride": (stride, 1), "padding": (padding, 0, padding, 0)}
    for kind in (MaxPool2D, AvgPool2D):
        assert kind(**pool).shape((1, length, 1)) == (1, floor, 1)
        assert kind(**pool, rounding="ceil").shape((1, length, 1)) == (1, ceil, 1)
    for kind in (MaxPool1D, AvgPool1D, MaxPool3D, AvgPool3D):
        pool = {"kernel": kernel, "stride": stride, "padding": padding}
        axes = len(kind().kernel)
        assert kind(**pool).shape((1, *(length,) * axes)) == (1, *(floor,) * axes)
        assert kind(**pool, rounding="ceil").shape((1, *(length,) * axes)) == (1, *(ceil,) * axes)


def test_same_pads_as_tensorflow_shows_it():
    # tf.nn, "Notes on padding": 13 cells, a filter of 6, stride 5 give 3 places, 1 zero before and 2 behind.
    layer = Conv1D(filters=1, kernel=6, stride=5, auto_pad="same")
    assert layer.pads((1, 13)) == (1, 2)
    assert layer.shape((1, 13)) == (1, 3)


def test_valid_pads_nothing_as_tensorflow_shows_it():
    layer = Conv1D(filters=1, kernel=6, stride=5, padding=3, auto_pad="valid")
    assert layer.pads((1, 13)) == (0, 0)
    assert layer.shape((1, 13)) == (1, 2)  # the last two cells are dropped


def test_a_stride_of_nought_puts_pooling_windows_side_by_side():
    pool = MaxPool2D(kernel=(3, 2))
    assert pool.strides == (3, 2)
    assert pool.shape((7, 9, 8)) == (7, 3, 4)


def test_a_transposed_convolution_doubles_an_image_as_in_dcgan():
    assert ConvTranspose2D(filters=8, kernel=4, stride=2, padding=1).shape((16, 4, 4)) == (8, 8, 8)


def test_a_transposed_convolution_with_same_is_stride_times_as_large():
    assert ConvTranspose2D(filters=8, kernel=(5, 3), stride=(3, 2), auto_pad="same").shape((16, 4, 7)) == (8, 12, 14)


windows = st.builds(
    lambda k, s, d, b, e: Window((k,), (s,), (d,), (b, e)),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(0, 5),
    st.integers(0, 5),
)


def places_by_trying(window, length):
    """Windows one by one from the first cell of the padding, as long as they end inside it."""
    begin, end = window.padding
    return len([at for at in range(0, 1000, window.stride[0]) if at + window.reach[0] <= length + begin + end])


@given(windows, st.integers(1, 30))
def test_as_many_windows_as_can_be_laid_one_by_one(window, length):
    expected = places_by_trying(window, length)
    if expected:
        assert window.over((length,)) == (expected,)
    else:
        with pytest.raises(ShapeError, match="does not fit"):
            window.over((length,))


@given(windows, st.integers(1, 30))
def test_a_transposed_convolution_makes_the_image_that_the_convolution_came_from(window, length):
    assume(places_by_trying(window, length))
    image = (length,)
    left_over = (length + sum(window.padding) - window.reach[0]) % window.stride[0]
    assert window.spread(window.over(image), (left_over,)) == image


@given(windows, st.integers(1, 30))
def test_same_gives_one_place_for_every_stride_and_the_odd_cell_to_the_end(window, length):
    same = Window(window.kernel, window.stride, window.dilation, window.padding, "same")
    assert same.over((length,)) == (-(-length // window.stride[0]),)
    begin, end = same.pads((length,))
    assert end - begin in (0, 1)


@pytest.mark.parametrize("layer", [Conv2D(filters=2, kernel=3, stride=2, padding=1), MaxPool2D(kernel=3, stride=2)])
def test_any_length_stays_any(layer):
    known = layer.shape((4, 9, 8))
    assert layer.shape((4, -1, 8)) == (known[0], -1, known[2])


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2D(kernel=5), (1, 3, 3), "a 5x5 kernel does not fit an image of 3x3"),
        (Conv2D(kernel=3, dilation=2), (1, 9, 4), "a 3x3 kernel dilated to 5x5 does not fit an image of 9x4"),
        (Conv2D(kernel=7, padding=1), (1, 3, 9), "a 7x7 kernel does not fit an image of 3x9, 5x11 with its padding"),
        (Conv2D(groups=3), (4, 9, 9), "3 groups do not divide 4 channels"),
        (Conv2D(filters=5, groups=2), (4, 9, 9), "2 groups do not divide 5 filters"),
        (Conv2D(), (800,), "needs channels, height and width (C, H, W), and its input is 800"),
        (Conv2D(), (-1, 9, 9), "needs a known number of channels, and its input's is any"),
        (Conv2D(stride=2, auto_pad="same"), (1, -1, 9), "auto_pad same with a stride needs a known length"),
        (MaxPool2D(padding=2), (1, 9, 9), "a padding of 2x2x2x2 would leave 2x2 windows without a cell"),
        (ConvTranspose2D(output_padding=2), (1, 9, 9), "an output_padding of 2x2 must be less than the stride of 2x2"),
        (ConvTranspose2D(padding=9), (1, 3, 3), "the padding of 9x9x9x9 leaves nothing of what 3x3 is spread to"),
        (ConvTranspose2D(kernel=1, auto_pad="same"), (1, 3, 3), "auto_pad same needs a kernel of at least the stride"),
    ],
)
def test_a_window_that_does_not_fit_is_refused_with_expected_and_found(layer, shape, message):
    with pytest.raises(ShapeError) as error:
        layer.shape(shape)
    assert message in str(error.value)
