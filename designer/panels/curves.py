"""The curves of a training: loss and metrics side by side, others where one asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from designer.history import RATE, SPEED, History
from designer.theme import Theme
from designer.wording import label

if TYPE_CHECKING:
    from designer.plot import Plot

AT_FIRST = 2
"""How many plots are shown before one chooses."""

EMPTY = "The curves of the training appear here.\nTrain starts one: Ctrl+Enter."


class Curves(QWidget):
    """A row of plots, and a menu that says which."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._history = History()
        self._chosen: dict[str, bool] = {}
        self.plots: dict[str, Plot] = {}
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
        self._arrange()

    def _arrange(self) -> None:
        choice = QToolButton()
        choice.setText("Plots")
        choice.setProperty("role", "chip")
        choice.setMenu(self._menu)
        choice.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        choice.setToolTip("Which curves are shown, over steps or epochs")
        side = QVBoxLayout()
        side.addWidget(choice)
        side.addStretch(1)
        full = QWidget()
        row = QHBoxLayout(full)
        row.setContentsMargins(0, 8, 0, 10)
        row.addLayout(self._row, 1)
        row.addLayout(side)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(full)

    def clear(self) -> None:
        """Forget the run that was shown."""
        self._history = History()
        self._chosen.clear()
        for name in list(self.plots):
            self._remove(name)
        self._stack.setCurrentIndex(0)

    def display(self, history: History) -> None:
        """Show the curves of `history`."""
        self._history = history
        if history.curves:
            self._stack.setCurrentIndex(1)
            self._choose()
            self._redraw()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        for plot in self.plots.values():
            plot.wear(theme)

    def _choose(self) -> None:
        """Loss first, then metrics, speed and rate only when asked for."""
        for name in self._history.curves:
            at_first = name not in (RATE, SPEED) and sum(self._chosen.values()) < AT_FIRST
            self._chosen.setdefault(name, at_first)
        for name, wanted in self._chosen.items():
            if wanted and name not in self.plots:
                self._add(name)
            elif not wanted and name in self.plots:
                self._remove(name)

    def _add(self, name: str) -> None:
        from designer.plot import Plot  # pyqtgraph is not needed before there is something to plot

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
        self._choose()
        self._redraw()
