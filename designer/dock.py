"""A panel's place at the side of the window; what is in it is built when it is first seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QWidget

from designer.desk import Desk
from engine.model import Model
from engine.report import Report


@dataclass(frozen=True)
class Panel:
    """What a panel is called, where it stands at first, and how it is built.

    Views are wired by what they have: `display`, `select`, `wear` and `finish` are called, `edited`, `selected`,
    `jumped`, `wanted` and `opened` are heard. While `merges`, quick repetitions of one step of it are one.
    """

    name: str
    title: str
    area: Qt.DockWidgetArea
    make: Callable[[Desk], QWidget]
    merges: bool = False


class Dock(QDockWidget):
    """Holds one panel. A panel that is not seen displays nothing; it catches up when it is."""

    jumped = Signal(object)
    """The user wants to see these nodes."""
    wanted = Signal(str)
    """The user wants this layer: its name in the schema."""
    opened = Signal(str)
    """The user wants to open this file or `gallery:NAME`."""

    def __init__(self, panel: Panel, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(panel.title, parent)
        self.setObjectName(panel.name)
        self.panel = panel
        self._desk = desk
        self._view: QWidget | None = None
        self._is_stale = True
        self.is_seen = False
        """Whether it is in front; a tab behind another is visible to Qt, only out of sight."""
        self._waits = True
        self._bare = QWidget()
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._catch_up)
        self.visibilityChanged.connect(self._follow)
        desk.document.changed.connect(self._display)
        desk.selection.changed.connect(self._select)
        desk.appearance.changed.connect(self._wear)

    @property
    def view(self) -> Any:
        """The panel's widget, built now if it was not."""
        if self._view is None:
            self._view = self._build()
            self._is_stale = True
        self._catch_up_view()
        return self._view

    def begin(self) -> bool:
        """From now on build what is seen; whether something was built at once."""
        self._waits = False
        is_due = self.is_seen and self._view is None
        if is_due:
            self._catch_up()
        return is_due

    def show_title(self, shown: bool) -> None:
        """A panel among tabs needs no title of its own; one that floats or stands alone does."""
        self.setTitleBarWidget(None if shown else self._bare)  # type: ignore[arg-type]

    def finish(self) -> None:
        """The window is closed."""
        self._call("finish")

    def _build(self) -> QWidget:
        view = self.panel.make(self._desk)
        self.setWidget(view)
        heard = {
            "edited": self._edit,
            "selected": self._desk.selection.set,
            "jumped": self.jumped.emit,
            "wanted": self.wanted.emit,
            "opened": self.opened.emit,
        }
        for signal, slot in heard.items():
            if hasattr(view, signal):
                getattr(view, signal).connect(slot)
        return view

    def _edit(self, step: str, model: Model) -> None:
        self._desk.document.edit(step, model, merges=self.panel.merges)

    def _catch_up(self) -> None:
        if self.is_seen:
            _ = self.view

    def _catch_up_view(self) -> None:
        if self._is_stale:
            self._is_stale = False
            document = self._desk.document
            self._call("display", document.model, document.report)
            self._call("select", self._desk.selection.names)

    def _display(self, model: Model, report: Report) -> None:
        if self._view is not None and self.is_seen:
            self._call("display", model, report)
        else:
            self._is_stale = True

    def _follow(self, seen: bool) -> None:
        self.is_seen = seen
        if seen and not self._waits:
            self._later.start()

    def _select(self, names: object) -> None:
        self._call("select", names)

    def _wear(self, chosen: object) -> None:
        self._call("wear", chosen)

    def _call(self, slot: str, *values: object) -> None:
        if self._view is not None and hasattr(self._view, slot):
            getattr(self._view, slot)(*values)
