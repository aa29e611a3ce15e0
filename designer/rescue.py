"""Offers what a crash left behind: restore, compare, discard."""

from __future__ import annotations

import difflib
import time
from pathlib import Path

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from designer import theme
from designer.document import Document
from designer.notices import Choice, Notices
from designer.recovery import Leftover, leftovers


def offer(folder: Path, document: Document, said: Notices, window: QWidget) -> None:
    """Say what was not saved, for each window that did not end in order."""
    for found in leftovers(folder):
        _offer(found, document, said, window)


def _offer(found: Leftover, document: Document, said: Notices, window: QWidget) -> None:
    def restore() -> None:
        document.start(found.model(), found.path, base=found.base, saved=False)
        found.discard()

    def compare() -> None:
        dialog = Difference(found, window)
        dialog.accepted.connect(restore)
        dialog.rejected.connect(lambda: _offer(found, document, said, window))
        dialog.open()

    moment = time.strftime("%x %H:%M", time.localtime(found.time))
    said.say(
        f"Netwright did not end in order: changes to {found.name} of {moment} were not saved.",
        "warning",
        Choice("Restore", restore),
        Choice("Compare", compare),
        Choice("Discard", found.discard),
    )


class Difference(QDialog):
    """What would change, line by line."""

    def __init__(self, found: Leftover, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Unsaved changes to {found.name}")
        self.resize(720, 480)
        self.text = QPlainTextEdit(difference(found))
        self.text.setReadOnly(True)
        self.text.setFont(theme.mono())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton("Restore", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)


def difference(found: Leftover) -> str:
    """The lines that differ between the file, where there is one, and what was not saved."""
    before = found.path.read_text("utf-8") if found.path and found.path.is_file() else ""
    lines = difflib.unified_diff(before.splitlines(), found.text.splitlines(), "saved", "unsaved", lineterm="")
    return "\n".join(lines)
