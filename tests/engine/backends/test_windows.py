"""Windows of any geometry: convolutions and pooling with drawn kernels, strides, paddings and images."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from engine.backends import BACKENDS, available
from engine.errors import ShapeError
from engine.layers import Layer
from engine.layers.convolution import Conv1D, Conv2D, ConvTranspose2D, DepthwiseConv2D
from engine.layers.pooling import AvgPool1D, AvgPool2D, AvgPool3D, MaxPool1D, MaxPool2D, MaxPool3D
from tests.engine.backends.networks import gradients
from tests.engine.backends.test_parity import TOLERANCE, Probe, difference
from tests.engine.cases import case

pytestmark = pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")

AUTO_PAD = st.sampled_from(["explicit", "explicit", "same", "valid"])


def numbers(count: int, low: int, high: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(low, high)] * count)


def windows(cls: type[Layer], axes: int = 2, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Layer]:
    return st.builds(
        cls,
        kernel=numbers(axes, 1, 4),
        stride=numbers(axes, 1, 3),
        padding=numbers(2 * axes, 0, 2),
        auto_pad=AUTO_PAD,
        **more,
    )


GROUPS = {"filters": st.just(4), "groups": st.sampled_from([1, 2])}
ROUNDING = {"rounding": st.sampled_from(["floor", "ceil"])}
LAYERS = st.one_of(
    windows(Conv1D, 1, dilation=numbers(1, 1, 3), **GROUPS),
    windows(Conv2D, dilation=numbers(2, 1, 3), **GROUPS),
    windows(ConvTranspose2D, dilation=numbers(2, 1, 2), output_padding=numbers(2, 0, 1), **GROUPS),
    windows(DepthwiseConv2D, dilation=numbers(2, 1, 2), multiplier=st.integers(1, 2)),
    windows(MaxPool2D, **ROUNDING),
    windows(AvgPool2D, count_padding=st.booleans(), **ROUNDING),
    windows(AvgPool2D, count_padding=st.booleans(), **ROUNDING),
    windows(MaxPool1D, 1, **ROUNDING),
    windows(AvgPool1D, 1, count_padding=st.booleans(), **ROUNDING),
    windows(MaxPool3D, 3, **ROUNDING),
    windows(AvgPool3D, 3, count_padding=st.booleans(), **ROUNDING),
)


NOUGHT = 1e-2
"""A gradient below is compared as if it were that: where there is none, rounding makes some."""


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@example(layer=AvgPool3D(kernel=3, stride=1, padding=1), height=1, width=2)  # torch refuses images below the kernel
@given(layer=LAYERS, height=st.integers(1, 9), width=st.integers(1, 9))
def test_windows_of_any_geometry_agree_with_the_reference(layer: Layer, height: int, width: int) -> None:
    shape = (2, *(width, height, 3)[: len(layer.kernel)])
    try:
        layer.shape(shape)
    except ShapeError:
        assume(False)
    it = Probe(case(layer, shape))
    learned = {}
    for name in BACKENDS:
        program = it.program(name)
        assert difference(program.predict(it.batch, ("it",))["it"], it.expected()) < TOLERANCE, name
        learned[name] = gradients(program, it.batch)
    for weight, gradient in learned["torch"].items():
        assert difference(learned["mxnet"][weight], gradient, NOUGHT) < TOLERANCE, weight
