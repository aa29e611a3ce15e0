"""What a plan changes: layout, precision, compilation, threads. The numbers stay near those of the plain plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.backends import available, backend
from engine.backends.base import Plan
from tests.engine.backends.networks import GRADIENTS, gradients
from tests.engine.backends.test_parity import LEARNING, Probe, difference, probe_of
from tests.engine.backends.test_programs import RECIPE, small

pytestmark = pytest.mark.skipif("torch" not in available(), reason="torch is not installed")


@pytest.fixture(params=LEARNING, ids=str)
def it(request: pytest.FixtureRequest) -> Probe:
    return probe_of(request.param)


def learned(it: Probe, **plan: Any) -> dict[str, np.ndarray]:
    return gradients(backend("torch").build(it.network, GRADIENTS, Plan("torch", **plan), it.weights()), it.batch)


def test_channels_last_gives_the_same_gradients(it: Probe) -> None:
    plain, last = learned(it), learned(it, layout="channels_last")
    for name, gradient in plain.items():
        assert difference(last[name], gradient) < 1e-4, name


def test_threads_are_those_of_the_plan() -> None:
    import torch

    before = torch.get_num_threads()
    try:
        backend("torch").build(small(), RECIPE, Plan("torch", threads=1))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
