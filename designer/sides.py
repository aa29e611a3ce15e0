"""The panels around the canvas: three sides of tabs that can be folded away, torn off and put back."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partialmethod

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QMainWindow, QTabBar, QTabWidget

from designer.desk import Desk
from designer.dock import Dock
from designer.panels.table import BOTTOM, LEFT, PANELS, RIGHT

WIDTHS = {LEFT: 220, RIGHT: 360}
HEIGHT, SHARE = 248, 0.27
"""What the sides measure at first, in pixels at 96 dpi; below the canvas not more than this share of the window."""


class Sides(QObject):
    """Arranges the docks of a window."""

    jumped = Signal(object)
    wanted = Signal(str)
    opened = Signal(str)
    settled = Signal()
    """All panels that are seen are there and have the room they need."""

    def __init__(self, window: QMainWindow, desk: Desk) -> None:
        super().__init__(window)
        self._window = window
        self.docks: Mapping[str, Dock] = {panel.name: Dock(panel, desk, window) for panel in PANELS}
        self._folded: dict[Qt.DockWidgetArea, list[str]] = {}
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.GroupedDragging
            | QMainWindow.DockOption.AllowNestedDocks
        )
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.arrange()
        for dock in self.docks.values():
            dock.jumped.connect(self.jumped)
            dock.wanted.connect(self.wanted)
            dock.opened.connect(self.opened)
            dock.topLevelChanged.connect(self._title)
            dock.dockLocationChanged.connect(self._title)

    def begin(self) -> None:
        """Build the panels that are seen, one after the other: the window is painted in between."""
        self._title()  # only now it is known who stands among tabs, where the last time's places were restored
        if any(dock.begin() for dock in self.docks.values()):
            QTimer.singleShot(0, self, self.begin)
        else:
            self.settled.emit()

    def finish(self) -> None:
        """The window is closed: what panels have begun ends."""
        for dock in self.docks.values():
            dock.finish()

    def arrange(self) -> None:
        """Put every panel where it belongs, the first of each side in front."""
        for area in (LEFT, RIGHT, BOTTOM):
            docks = [dock for dock in self.docks.values() if dock.panel.area == area]
            for dock in docks:
                dock.setFloating(False)
                self._window.addDockWidget(area, dock)
                dock.show()
            for before, dock in itertools.pairwise(docks):
                self._window.tabifyDockWidget(before, dock)
            docks[0].raise_()
        self.measure()
        self._title()

    def bring(self, name: str) -> None:
        """Bring a panel to the front, its side folded or not."""
        dock = self.docks[name]
        self._folded.pop(self._window.dockWidgetArea(dock), None)
        dock.show()
        dock.raise_()

    def show(self, name: str) -> None:
        """The same, and go there with the keyboard."""
        self.bring(name)
        self.docks[name].view.setFocus()

    def toggle(self, area: Qt.DockWidgetArea) -> None:
        """Fold a side away, or bring back what stood there."""
        shown = [dock for dock in self._at(area) if not dock.isHidden()]
        if shown:
            self._folded[area] = [dock.objectName() for dock in shown if not dock.visibleRegion().isEmpty()]
            for dock in shown:
                dock.hide()
            return
        for dock in self._at(area):
            dock.show()
        for name in self._folded.pop(area, []):
            self.docks[name].raise_()

    def toggle_all(self) -> None:
        """Leave the canvas alone, or bring everything back."""
        areas = (LEFT, RIGHT, BOTTOM)
        is_shown = {area: any(not dock.isHidden() for dock in self._at(area)) for area in areas}
        for area in areas:
            if is_shown[area] or not any(is_shown.values()):
                self.toggle(area)

    toggle_left = partialmethod(toggle, LEFT)
    toggle_right = partialmethod(toggle, RIGHT)
    toggle_bottom = partialmethod(toggle, BOTTOM)
    show_schema = partialmethod(show, "schema")
    show_problems = partialmethod(show, "problems")
    show_log = partialmethod(show, "log")
    show_runs = partialmethod(show, "runs")

    def _at(self, area: Qt.DockWidgetArea) -> list[Dock]:
        docks = self.docks.values()
        return [dock for dock in docks if not dock.isFloating() and self._window.dockWidgetArea(dock) == area]

    def measure(self) -> None:
        """Give every side its first size."""
        height = min(HEIGHT, round(SHARE * self._window.height()))
        for area, width in WIDTHS.items():
            self._window.resizeDocks(self._at(area)[:1], [width], Qt.Orientation.Horizontal)
        self._window.resizeDocks(self._at(BOTTOM)[:1], [height], Qt.Orientation.Vertical)

    def _title(self, *_: object) -> None:
        for dock in self.docks.values():
            alone = not self._window.tabifiedDockWidgets(dock)
            dock.show_title(dock.isFloating() or alone)
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            tabs.setDrawBase(False)
            tabs.setExpanding(False)
            tabs.setElideMode(Qt.TextElideMode.ElideNone)
        QTimer.singleShot(0, self, self._hide_strays)

    def _hide_strays(self) -> None:
        """Qt leaves behind the bars of tabs that it made while a group was still smaller."""
        groups = {
            frozenset(each.windowTitle() for each in (dock, *self._window.tabifiedDockWidgets(dock)))
            for dock in self.docks.values()
        }
        for tabs in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if frozenset(tabs.tabText(place) for place in range(tabs.count())) not in groups:
                tabs.hide()
