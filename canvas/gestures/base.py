"""A gesture: what the mouse does between pressing and letting go of a button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QPainter

from canvas.hits import Hit

if TYPE_CHECKING:
    from canvas.view import Canvas

SLACK = 4
"""Screen pixels that the mouse may move before a click is a drag."""

Button = Qt.MouseButton
Key = Qt.KeyboardModifier


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is, in the scene and on the screen, and what is held down."""

    scene: QPointF
    view: QPoint
    button: Qt.MouseButton
    keys: Qt.KeyboardModifier
    hit: Hit = None

    def holds(self, key: Qt.KeyboardModifier) -> bool:
        """Whether a modifier is down."""
        return bool(self.keys & key)


class Gesture:
    """One thing that hands do. The canvas makes it when its button goes down and drops it when that comes up."""

    CURSOR: Qt.CursorShape | None = None

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        """Whether pressing here begins this gesture."""
        raise NotImplementedError

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        self.canvas = canvas
        self.press = press
        self.dragged = False

    def moved(self, at: Pointer) -> None:
        """The mouse moved; within the slack nothing happens yet."""
        self.dragged = self.dragged or (at.view - self.press.view).manhattanLength() > SLACK
        if self.dragged:
            self.drag(at)

    def released(self, at: Pointer) -> None:
        """The button came up."""
        if self.dragged:
            self.drop(at)
        else:
            self.click(at)

    def drag(self, at: Pointer) -> None:
        """The mouse is dragged."""

    def drop(self, at: Pointer) -> None:
        """The drag ends here."""

    def click(self, at: Pointer) -> None:
        """It was a click."""

    def cancel(self) -> None:
        """Esc: as if it had never been."""

    def paint(self, painter: QPainter, zoom: float) -> None:
        """Draw over everything what the gesture shows."""
