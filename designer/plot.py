"""One plot of a training: lines over steps or epochs, read out under the mouse."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from designer.curve import Curve, Points
from designer.theme import SMALL, Theme, font, mono

LINES: Mapping[str, tuple[str, Qt.PenStyle, float]] = {
    "train": ("accent", Qt.PenStyle.SolidLine, 1.4),
    "validation": ("second", Qt.PenStyle.DashLine, 2.0),
}
"""Colour token, dash and width of each part's line: told apart without colour too."""


class Plot(QFrame):
    """A titled plot with a legend, a switch for the logarithmic scale and a read-out of the values under the mouse."""

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAccessibleName(f"Plot of {title}")
        self._curves: dict[str, Curve] = {}
        self._items: dict[str, pg.PlotDataItem] = {}
        self._unit = 1.0
        self._name = title
        self._title = QLabel()
        self._title.setFont(font(SMALL))
        self._title.setProperty("role", "small")
        self._readout = QLabel()
        self._readout.setFont(mono(SMALL))
        self._legend = QLabel()
        self._legend.setFont(font(SMALL))
        self._log = QToolButton()
        self._log.setText("log")
        self._log.setCheckable(True)
        self._log.setProperty("role", "switch")
        self._log.setFont(font(SMALL))
        self._log.setToolTip("Logarithmic scale")
        self._log.setAccessibleName(f"Logarithmic scale of {title}")
        self._log.toggled.connect(self.redraw)
        self._widget = pg.PlotWidget(background=None, enableMenu=False)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._arrange()
        self.wear(theme)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._readout)
        head.addStretch(1)
        head.addWidget(self._legend)
        head.addWidget(self._log)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 8, 4)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._widget)
        item = self._widget.getPlotItem()
        item.hideButtons()
        item.showGrid(y=True, alpha=0.4)
        item.getViewBox().setMouseEnabled(y=False)
        item.addItem(self._cursor, ignoreBounds=True)
        self._cursor.hide()
        self._widget.scene().sigMouseMoved.connect(self._hover)
        self._widget.scene().sigMouseClicked.connect(self._click)
        item.sigXRangeChanged.connect(self._zoom)
        self._widget.setMinimumHeight(72)
        self._title.setToolTip("In the plot the wheel zooms, dragging moves, a double-click shows everything again.")

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        for side in ("left", "bottom"):
            axis = self._widget.getPlotItem().getAxis(side)
            axis.setPen(theme.color("line"))
            axis.setTextPen(theme.color("secondary"))
            axis.setStyle(tickFont=mono(SMALL), tickLength=-4, maxTickLevel=1)
            axis.enableAutoSIPrefix(False)
        self._widget.getPlotItem().getAxis("left").setWidth(48)
        self._cursor.setPen(pg.mkPen(theme.color("faint")))
        self._widget.setBackground(theme.color("canvas"))
        for part, item in self._items.items():
            item.setPen(self._pen(part))
        self._tell_legend()

    def display(self, curves: Mapping[str, Curve], steps_per_unit: float) -> None:
        """Draw the curves of each part over steps divided by `steps_per_unit` (1: steps; steps an epoch: epochs)."""
        self._curves = dict(curves)
        self._unit = max(1.0, steps_per_unit)
        self._title.setText(f"{self._name} by {'epoch' if self._unit > 1 else 'step'}")
        for part in [part for part in self._items if part not in curves]:
            self._widget.removeItem(self._items.pop(part))
        for part in [part for part in curves if part not in self._items]:
            self._items[part] = self._widget.plot(pen=self._pen(part), connect="finite")
        self._tell_legend()
        self.redraw()

    @property
    def shows_all(self) -> bool:
        """Whether nobody has zoomed in."""
        return bool(self._widget.getPlotItem().getViewBox().autoRangeEnabled()[0])

    def show_all(self) -> None:
        """Show the whole training again."""
        self._widget.getPlotItem().getViewBox().enableAutoRange()
        self.redraw()

    def redraw(self, *_: object) -> None:
        """Hand over what is in view, thinned to the pixels there are."""
        box = self._widget.getPlotItem().getViewBox()
        left, right = (-math.inf, math.inf) if self.shows_all else box.viewRange()[0]
        for part, item in self._items.items():
            x, y = self._curves[part].shown(left * self._unit, right * self._unit, max(64, self._widget.width()))
            item.setData(x / self._unit, self._scaled(y))
        self._widget.getPlotItem().getAxis("left").setLogMode(self._log.isChecked())

    def _scaled(self, y: Points) -> Points:
        return np.log10(np.where(y > 0, y, np.nan)) if self._log.isChecked() else y

    def _pen(self, part: str) -> Any:
        token, dash, width = LINES[part]
        return pg.mkPen(self._theme.color(token), width=width * self.devicePixelRatioF(), style=dash)

    def _tell_legend(self) -> None:
        marks = {Qt.PenStyle.SolidLine: "──", Qt.PenStyle.DashLine: "╌╌"}
        parts = [(part, *LINES[part]) for part in LINES if part in self._curves]
        names = [
            f'<span style="color:{self._theme.tokens[t]}">{marks[dash]} {part}</span>' for part, t, dash, _ in parts
        ]
        self._legend.setText("&nbsp;&nbsp;".join(names) if len(parts) > 1 else "")

    def _zoom(self, *_: object) -> None:
        if not self.shows_all:
            self.redraw()

    def _click(self, event: Any) -> None:
        if event.double():
            self.show_all()

    def _hover(self, position: Any) -> None:
        inside = self._widget.getPlotItem().sceneBoundingRect().contains(position) and bool(self._curves)
        self._cursor.setVisible(inside)
        if not inside:
            self._readout.clear()
            return
        x = self._widget.getPlotItem().getViewBox().mapSceneToView(position).x()
        self._cursor.setPos(x)
        values = [(part, curve.at(x * self._unit)) for part, curve in self._curves.items()]
        told = "  ".join(f"{part} {value:.4g}" for part, value in values if not math.isnan(value))
        place = f"{x:.2f}" if self._unit > 1 else f"{max(0, round(x)):,}"
        self._readout.setText(f"{place}: {told}" if told else "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()
