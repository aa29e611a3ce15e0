"""The data that ship with the program: what there is, what each is, and what to open of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

import resources

NAME = Qt.ItemDataRole.UserRole
SOURCES = "SOURCES.md"
"""The page beside the data that tells what they are, in a table."""
WEIGHTS = ".safetensors"
"""What ends the names of files that are no data, but what models have learned of some."""


class Offers(QWidget):
    """What to choose from while there is no source: a list with a sentence for each."""

    chosen = Signal(str)
    """The name of bundled data."""

    def __init__(self) -> None:
        super().__init__()
        title = QLabel("Data that ship with Netwright")
        title.setProperty("role", "heading")
        self.list = QListWidget()
        self.list.setSpacing(4)
        self.list.setAccessibleName(title.text())
        for name, words in bundled().items():
            item = QListWidgetItem(f"{name}\n{words}")
            item.setData(NAME, name)
            self.list.addItem(item)
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        more = QLabel(
            "Your own: choose a file (NumPy, table, Parquet, IDX, text …) or a folder, of pictures for one, above."
        )
        more.setProperty("role", "secondary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(self.list, 1)
        layout.addWidget(more)

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(NAME))


def bundled() -> Mapping[str, str]:
    """The data sets that ship with the program, each with what it is."""
    folder = resources.path("data")
    said = dict(re.findall(r"^\| `([^`/]+)/?` \| (.*?) \|", (folder / SOURCES).read_text("utf-8"), re.MULTILINE))
    names = sorted(path.name for path in folder.iterdir() if path.name[0] not in "._")
    return {
        name: said.get(name, "").replace("`", "") for name in names if name != SOURCES and not name.endswith(WEIGHTS)
    }


def entry(name: str) -> Path:
    """What to open of bundled data: a folder of files, not of class folders, is opened by its first file."""
    path = resources.path("data", name)
    inside = sorted(path.iterdir()) if path.is_dir() else []
    return inside[0] if inside and all(item.is_file() for item in inside) else path
