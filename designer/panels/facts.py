"""Figures one reads but does not write: a word left, its value right."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget


class Facts(QWidget):
    """Rows of names and values; the values line up on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)

    def display(self, facts: Iterable[tuple[str, str]]) -> None:
        """Show these rows, and none besides."""
        wanted = list(facts)
        while len(self._rows) < len(wanted):
            self._rows.append(self._row(len(self._rows)))
        for place, (name, value) in enumerate(self._rows):
            there = place < len(wanted)
            name.setVisible(there)
            value.setVisible(there)
            if there:
                name.setText(wanted[place][0])
                value.setText(wanted[place][1])

    def _row(self, place: int) -> tuple[QLabel, QLabel]:
        name, value = QLabel(), QLabel()
        name.setProperty("role", "secondary")
        value.setProperty("role", "value")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(name, place, 0)
        self._grid.addWidget(value, place, 1, Qt.AlignmentFlag.AlignRight)
        return name, value


def rule() -> QFrame:
    """A hairline between two groups."""
    line = QFrame()
    line.setProperty("role", "rule")
    return line
