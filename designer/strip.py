"""The strip above the canvas: the document's name, and whether its file holds what is drawn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QWidget

from designer.document import Document

UNSAVED = "  ●"


class Strip(QWidget):
    """One tab for the document that is open."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.setObjectName("documents")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabs.setAccessibleName("Documents")
        self.tabs.addTab("")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        layout.addStretch(1)
        document.titled.connect(self.display)
        document.changed.connect(self.display)
        self.display()

    def display(self) -> None:
        """Show name, file and mark."""
        text = self._document.name + ("" if self._document.is_saved else UNSAVED)
        if text != self.tabs.tabText(0):
            self.tabs.setTabText(0, text)
            self.tabs.setTabToolTip(0, str(self._document.path or "not in a file yet"))
