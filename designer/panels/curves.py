"""The curves of a training: loss and metrics side by side, others where one asks for them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedLayout, QToolButton, QWidget

from canvas.background import Background
from designer.history import RATE, SPEED, History
from designer.theme import Theme
from designer.wording import label

if TYPE_CHECKING:
    from designer.plot import Plot

AT_FIRST = 2
"""How many plots are shown before one chooses."""

EMPTY = "The curves of a training appear here.\nTrain starts one: Ctrl+Enter."
AWAITED = "The curves appear with the first steps."
OVER = "This training ended before its first step."


class Curves(QWidget):
    """A row of plots, and a menu that says which."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._history = History()
        self._chosen: dict[str, bool] = {}
        self.plots: dict[str, Plot] = {}
        self.choice = QToolButton()
        """The menu's button, for whoever has a place for it."""
        self._empty = QLabel(EMPTY)
        self._empty.setProperty("role", "secondary")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.over_epochs = QAction("Over epochs", self)
        self.over_epochs.setCheckable(True)
        self.over_epochs.toggled.connect(lambda _: self._redraw())
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._draw)
        self._can_draw = False
        self._loader = Background(self)
        self._loader.done.connect(self._begin)
        self._loader.call(lambda: importlib.import_module("designer.plot"))  # pyqtgraph takes a third of a second
        self._arrange()

    def _arrange(self) -> None:
        self.choice.setText("Plots")
        self.choice.setProperty("role", "chip")
        self.choice.setMenu(self._menu)
        self.choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.choice.setToolTip("Which curves are shown, over steps or epochs")
        self.choice.hide()
        full = QWidget()
        full.setLayout(self._row)
        self._row.setContentsMargins(0, 8, 0, 10)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(full)

    def clear(self) -> None:
        """Forget the run that was shown."""
        self._history = History()
        self._chosen.clear()
        self._stack.setCurrentIndex(0)

    def display(self, history: History, *, is_awaited: bool = False) -> None:
        """Show the curves of `history`; without any, say whether they are on their way."""
        self._history = history
        self._stack.setCurrentIndex(int(bool(history.curves)))
        self.choice.setVisible(bool(history.curves))
        self._empty.setText(AWAITED if is_awaited else EMPTY if history.state == "waiting" else OVER)
        if history.curves:
            self._choose()
            self._draw()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        for plot in self.plots.values():
            plot.wear(theme)

    def _begin(self, _: object) -> None:
        self._can_draw = True
        self._draw()

    def _choose(self) -> None:
        """Loss first, then metrics, speed and rate only when asked for."""
        for name in self._history.curves:
            at_first = name not in (RATE, SPEED) and sum(self._chosen.values()) < AT_FIRST
            self._chosen.setdefault(name, at_first)

    def _draw(self) -> None:
        """Draw what is chosen. A new plot takes long to make: one at a time, so that the window goes on meanwhile."""
        if not self._can_draw or not self._history.curves:
            return
        wanted = [name for name in self._history.curves if self._chosen.get(name)]
        for name in [name for name in self.plots if name not in wanted]:
            self._remove(name)
        missing = [name for name in wanted if name not in self.plots]
        if missing:
            self._add(missing[0])
        if missing[1:]:
            self._later.start()
        self._redraw()

    def _add(self, name: str) -> None:
        from designer.plot import Plot  # numpy and pyqtgraph are not needed before there is something to plot

        self.plots[name] = Plot(label(name), self._theme)
        order = [known for known in self._history.curves if known in self.plots]
        self._row.insertWidget(order.index(name), self.plots[name], 1)

    def _remove(self, name: str) -> None:
        plot = self.plots.pop(name)
        self._row.removeWidget(plot)
        plot.deleteLater()

    def _redraw(self) -> None:
        unit = self._history.steps_per_epoch if self.over_epochs.isChecked() else 1
        for name, plot in self.plots.items():
            plot.display(self._history.curves.get(name, {}), unit)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for name in self._history.curves:
            action = self._menu.addAction(label(name))
            action.setCheckable(True)
            action.setChecked(self._chosen.get(name, False))
            action.toggled.connect(lambda on, name=name: self._switch(name, on))
        self._menu.addSeparator()
        self._menu.addAction(self.over_epochs)

    def _switch(self, name: str, on: bool) -> None:
        self._chosen[name] = on
        self._draw()
