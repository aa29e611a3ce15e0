"""The field in which a node is renamed where it stands."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class RenameField(QLineEdit):
    """Enter takes the name, Esc leaves the old one, so does clicking elsewhere."""

    entered = Signal(str, str)
    """A node shall have another name: (old, new)."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._owner, self._old = parent, ""
        self.setAccessibleName("New name")
        self.returnPressed.connect(self._enter)
        self.hide()

    def begin(self, name: str, where: QRect) -> None:
        """Ask for another name of the node `name`."""
        self._old = name
        self.setText(name)
        self.selectAll()
        self.setGeometry(where)
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _enter(self) -> None:
        old, new = self._old, self.text().strip()
        self._close()
        if new != old:
            self.entered.emit(old, new)

    def _close(self) -> None:
        if self.isVisible():
            self.hide()
            self._owner.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.hide()
