"""A plot shows what a training has told so far, as much of it as one wants to see."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from designer.curve import Curve
from designer.plot import Plot
from designer.theme import theme


def curve(x: list[float], y: list[float]) -> Curve:
    made = Curve()
    made.extend(np.array(x, float), np.array(y, float))
    return made


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    made = Plot("Loss", theme("dark"))
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def drawn(plot: Plot, part: str = "train") -> list[float]:
    return list(plot._items[part].getData()[0])


def test_a_part_that_is_not_there_any_more_is_not_drawn(plot: Plot) -> None:
    plot.display({"train": curve([1, 2], [3, 4]), "validation": curve([2], [3])}, 1)
    assert set(plot._items) == {"train", "validation"}
    assert "validation" in plot._legend.text()
    plot.display({"train": curve([1, 2], [3, 4])}, 1)
    assert set(plot._items) == {"train"}
    assert plot._legend.text() == ""  # one line needs no legend


def test_zoomed_in_only_what_is_in_view_is_handed_over_and_a_double_click_shows_all_again(plot: Plot) -> None:
    steps = list(range(1000))
    plot.display({"train": curve(steps, steps)}, 1)
    assert drawn(plot)[0] == 0
    assert drawn(plot)[-1] == 999
    box = plot._widget.getPlotItem().getViewBox()
    box.setXRange(100, 200, padding=0)
    assert not plot.shows_all
    assert 98 <= drawn(plot)[0] <= 100
    assert 200 <= drawn(plot)[-1] <= 202
    plot.display({"train": curve(steps, steps)}, 1)
    assert not plot.shows_all  # news do not take one away from what one looks at

    class Click:
        def double(self) -> bool:
            return True

    plot._click(Click())
    assert plot.shows_all
    assert [drawn(plot)[0], drawn(plot)[-1]] == [0, 999]


def test_a_hundred_thousand_points_are_drawn_as_a_few_thousand_with_their_extremes(plot: Plot) -> None:
    y = np.ones(100_000)
    y[51_234] = 99.0
    plot.display({"train": curve(list(range(100_000)), list(y))}, 1)
    assert len(drawn(plot)) <= 4 * plot.width()
    assert max(plot._items["train"].getData()[1]) == 99.0


def test_the_values_under_the_mouse_are_read_out(plot: Plot, qtbot: QtBot) -> None:
    plot.display({"train": curve([0, 100], [2.5, 0.5]), "validation": curve([100], [0.75])}, 1)
    qtbot.wait(10)
    box = plot._widget.getPlotItem().getViewBox()
    plot._hover(box.mapViewToScene(QPointF(100, 0.6)))
    assert plot._readout.text() == "100: train 0.5  validation 0.75"
    plot._hover(QPointF(-50, -50))
    assert plot._readout.text() == ""


def test_another_theme_gives_other_colours_to_the_lines_that_are_there(plot: Plot) -> None:
    plot.display({"train": curve([0, 1], [2, 1])}, 1)
    plot.wear(theme("light"))
    assert plot._items["train"].opts["pen"].color() == theme("light").color("accent")
