"""The gallery: models that ship with the program, with what their authors say of them."""

from __future__ import annotations

import re

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from designer.icons import icon
from designer.theme import Theme
from engine.opening import GALLERY, gallery

NAME = Qt.ItemDataRole.UserRole


class Gallery(QWidget):
    """A list; double-click or Enter begins with a copy."""

    opened = Signal(str)
    """The user wants this model: `gallery:NAME`."""

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.setIconSize(QSize(16, 16))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Gallery")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 0, 0)
        layout.addWidget(self.list)
        for name, path in gallery().items():
            text = path.read_text("utf-8")
            item = QListWidgetItem("\n".join([titled(text), *said(text).splitlines()[:1]]))
            item.setData(NAME, name)
            item.setToolTip(said(text))
            self.list.addItem(item)
        self.list.itemActivated.connect(lambda item: self.opened.emit(GALLERY + item.data(NAME)))
        self.setFocusProxy(self.list)
        self.wear(chosen)

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        for row in range(self.list.count()):
            self.list.item(row).setIcon(icon("gallery", chosen, "secondary"))


def titled(text: str) -> str:
    """The name that a schema gives its model."""
    found = re.search(r'^name: "(.*)"$', text, re.MULTILINE)
    return found[1] if found else ""


def said(text: str) -> str:
    """The comment at the head of a schema."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return "\n".join(lines).strip()
