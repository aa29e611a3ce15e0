"""Canvases to work on."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from tests.canvas.bench import Bench, lenet


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    """A canvas with a small classifier on it, at 100 %."""
    made = Bench(qtbot)
    made.show(lenet())
    made.canvas.zoom_to(1.0)
    made.canvas.centerOn(280, 260)
    return made


@pytest.fixture
def empty(qtbot: QtBot) -> Bench:
    """A canvas with nothing on it."""
    return Bench(qtbot)
