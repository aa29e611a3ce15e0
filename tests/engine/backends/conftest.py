"""Every test of backends runs on each that is installed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.backends import BACKENDS, available, backend
from engine.backends.base import Plan, Program


@pytest.fixture(params=list(BACKENDS))
def name(request: pytest.FixtureRequest) -> str:
    if request.param not in available():
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def build(name: str) -> Callable[..., Program]:
    """`build(network, recipe, …)` on the backend under test."""
    return lambda network, recipe, *rest, **named: backend(name).build(network, recipe, Plan(name), *rest, **named)
