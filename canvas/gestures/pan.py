"""Moving the paper: middle or right button, or Space and the left one. A right click asks or opens a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from canvas.gestures.base import Button, Gesture, Pointer

if TYPE_CHECKING:
    from canvas.view import Canvas


class Pan(Gesture):
    """The paper follows the mouse."""

    CURSOR = Qt.CursorShape.ClosedHandCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button in (Button.MiddleButton, Button.RightButton) or canvas.space_is_down

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        self._last = press.view

    def drag(self, at: Pointer) -> None:
        self.canvas.pan(at.view - self._last)
        self._last = at.view

    def click(self, at: Pointer) -> None:
        if at.button != Button.RightButton:
            return
        if self.press.hit is None:
            self.canvas.adding.ask(self.press.scene)
        else:
            self.canvas.open_menu(self.press)
