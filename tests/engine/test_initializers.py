"""First weights: their distributions, by Caffe's formulas (include/caffe/filler.hpp) where they are Caffe's."""

import math

import numpy as np
import pytest

from engine.initializers import Bilinear, Fan, He, Normal, Xavier, first_values

SHAPE = (50, 40, 3, 3)  # 360 inputs of each output, 450 outputs of each input


@pytest.mark.parametrize(("fan", "n"), [("in", 360), ("out", 450), ("average", 405)])
def test_xavier_and_he_take_the_fan_that_is_asked_for(fan: Fan, n: float) -> None:
    uniform = first_values(Xavier(fan=fan), 1, "a/weight", SHAPE)
    assert np.abs(uniform).max() == pytest.approx(math.sqrt(3 / n), rel=1e-3)
    assert first_values(He(fan=fan), 1, "a/weight", SHAPE).std() == pytest.approx(math.sqrt(2 / n), rel=0.02)


def test_of_sparse_weights_so_many_are_not_0_for_each_input() -> None:
    weights = first_values(Normal(deviation=1, sparse=15), 1, "a/weight", (500, 784))
    assert np.count_nonzero(weights) / 784 == pytest.approx(15, rel=0.05)


def test_a_bilinear_kernel_blends_neighbours() -> None:
    kernel = first_values(Bilinear(), 1, "a/weight", (2, 1, 4, 4))
    row = np.array([0.25, 0.75, 0.75, 0.25])  # what enlarges twice (Long et al., FCN)
    assert kernel[1, 0] == pytest.approx(np.outer(row, row))
