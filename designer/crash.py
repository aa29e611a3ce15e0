"""What happens to errors that nobody caught: they are shown, can be copied, and the window lives on."""

from __future__ import annotations

import sys
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from designer import theme
from designer.notices import Notices
from engine.errors import NetwrightError


class CrashHook(QObject):
    """Stands in for `sys.excepthook`; an error from another thread comes to the window's through a signal."""

    _caught = Signal(object)

    def __init__(self, said: Notices, window: QWidget) -> None:
        super().__init__(window)
        self._notices = said
        self._window = window
        self.dialog: CrashDialog | None = None
        self._caught.connect(self._show)

    def install(self) -> None:
        """From now on no error ends the program."""
        sys.excepthook = self._catch

    def _catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt) or not isValid(self._window):
            sys.__excepthook__(kind, error, trace)
        else:
            self._caught.emit(error)

    def _show(self, error: BaseException) -> None:
        if isinstance(error, NetwrightError):
            self._notices.complain(error)
            return
        sys.__excepthook__(type(error), error, error.__traceback__)
        if self.dialog is None or not self.dialog.isVisible():
            self.dialog = CrashDialog(error, self._window)
            self.dialog.open()


class CrashDialog(QDialog):
    """Says that it was our mistake, and gives the details to whoever wants to report them."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("A mistake in Netwright")
        self.resize(680, 420)
        words = QLabel(
            "<b>This is a mistake in Netwright, not yours.</b><br>"
            "The window goes on; save your work. Please report the details below."
        )
        words.setWordWrap(True)
        self.details = QPlainTextEdit("".join(traceback.format_exception(error)))
        self.details.setReadOnly(True)
        self.details.setFont(theme.mono(theme.SMALL))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        self.copy = buttons.addButton("Copy the details", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.details.toPlainText()))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (words, self.details, buttons):
            layout.addWidget(widget)
