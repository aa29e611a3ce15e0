"""The cheat sheet: every key, from the commands themselves, and what the mouse does on the canvas."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from designer.actions import plain

MOUSE = (
    ("Pan", "middle or right drag, Space and left drag, two fingers"),
    ("Zoom where the mouse is", "wheel"),
    ("Select in a box", "drag on empty canvas; Shift adds, Ctrl toggles"),
    ("Add a layer", "double-click on empty canvas"),
    ("Wire", "drag from a port, either way"),
    ("Wire to a new layer", "drop a wire on empty canvas"),
    ("Put a node into a wire", "drag it there"),
    ("Copy a node", "Alt and drag"),
)


class KeysDialog(QDialog):
    """Two columns, to be searched."""

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and gestures")
        self.resize(560, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter…")
        self.tree = QTreeWidget()
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setColumnWidth(0, 240)
        self.tree.setRootIsDecorated(False)
        for words, keys in (*MOUSE, *keyed(actions)):
            QTreeWidgetItem(self.tree, [words, keys])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self.search.textChanged.connect(self._filter)

    def _filter(self, text: str) -> None:
        for row in range(self.tree.topLevelItemCount()):
            item = self.tree.topLevelItem(row)
            if item is not None:
                item.setHidden(bool(text) and text.lower() not in f"{item.text(0)} {item.text(1)}".lower())


def keyed(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """Words and keys of all actions that have keys."""
    form = QKeySequence.SequenceFormat.NativeText
    return [
        (plain(action.text()), "  or  ".join(keys.toString(form) for keys in action.shortcuts()))
        for action in actions
        if action.shortcuts()
    ]
