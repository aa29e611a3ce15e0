"""Layers that take images of one to three axes, or lines of values, with drawn settings: as the reference has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.backends import BACKENDS, available
from engine.layers.normalization import LRN, GroupNorm, InstanceNorm, L2Normalize, RMSNorm, Scale
from engine.layers.pooling import AdaptiveAvgPool, GlobalMaxPool
from engine.layers.resampling import PixelShuffle, Upsample
from tests.engine.backends.test_windows import agree
from tests.engine.cases import Case, case

pytestmark = pytest.mark.skipif(set(available()) != set(BACKENDS), reason="needs both frameworks")

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=3)
FLAGS = st.booleans()
FACTORS = st.just(0.0) | st.floats(0.01, 2)
EPSILON = st.floats(0.001, 1)


@st.composite
def images(draw: st.DrawFn) -> Case:
    """What makes an image larger or smaller, whatever its number of axes."""
    shape = (draw(st.integers(1, 3)), *draw(LENGTHS))
    sizes = st.lists(st.integers(1, 5), min_size=len(shape) - 1, max_size=len(shape) - 1).map(tuple)
    layer = draw(
        st.one_of(
            st.builds(AdaptiveAvgPool, sizes),
            st.builds(Upsample, sizes, st.sampled_from(["nearest", "bilinear"]), FLAGS),
            st.builds(GlobalMaxPool, FLAGS),
        )
    )
    return case(layer, shape)


@st.composite
def shuffles(draw: st.DrawFn) -> Case:
    """Channels enough for the factor."""
    factor, channels, height, width = (draw(st.integers(1, 3)) for _ in range(4))
    return case(PixelShuffle(factor), (channels * factor**2, height, width))


@st.composite
def norms(draw: st.DrawFn) -> Case:
    """What brings values to a common scale, over axes that are there."""
    groups, each = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    shape = (groups * each, *draw(LENGTHS))
    axes, axis = draw(st.integers(1, len(shape))), draw(st.integers(0, len(shape) - 1))
    regions = st.sampled_from(["across_channels", "within_channel"])
    own: dict[str, Any] = {"axis": axis - len(shape), "axes": draw(st.integers(1, len(shape) - axis))}
    layer = draw(
        st.one_of(
            st.builds(GroupNorm, st.just(groups), EPSILON, FLAGS),
            st.builds(InstanceNorm, EPSILON, FLAGS),
            st.builds(RMSNorm, st.just(axes), EPSILON, FLAGS),
            st.builds(L2Normalize, st.permutations(range(len(shape))).map(lambda order: tuple(order[:axes])), EPSILON),
            st.builds(Scale, **{name: st.just(value) for name, value in own.items()}, shift=FLAGS),
            st.builds(LRN, st.sampled_from([1, 3, 5]), FACTORS, FACTORS, st.floats(0.5, 2), regions),
        )
    )
    return case(layer, shape)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.one_of(images(), shuffles(), norms()))
def test_whatever_the_setting_the_backends_compute_what_the_reference_does(drawn: Case) -> None:
    agree(drawn)
