"""The page that explains a layer: formula and source, and every field with its default."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from designer.wording import help_page


class HelpPage(QDialog):
    """A window of its own, beside the work; it shows whatever was last asked for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.resize(460, 380)
        self.text = QTextBrowser()
        self.text.document().setDocumentMargin(16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text)

    def explain(self, cls: Any) -> None:
        """Show what is declared of `cls`."""
        self.setWindowTitle(cls.__name__)
        self.text.setHtml(help_page(cls))
        self.show()
        self.raise_()
