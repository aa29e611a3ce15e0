"""The numbers of a run's last validation beside those of the training part, and which epoch was the best."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from designer.history import History
from designer.panels.progress import best
from designer.wording import label

TITLES = ("", "training", "validation")


class Scores(QWidget):
    """A row for each number, under the epoch it is of."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = _words("heading")
        self.best = _words("secondary")
        self.best.setWordWrap(True)
        self.rows: list[tuple[QLabel, ...]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 10)
        layout.setSpacing(6)
        layout.addWidget(self.heading)
        layout.addLayout(self._grid)
        layout.addStretch(1)
        layout.addWidget(self.best)
        self._add_row("small")

    def display(self, history: History) -> None:
        """Show the numbers of the last epoch."""
        epoch = history.epoch
        train, validation = (epoch.train, epoch.validation) if epoch else ({}, {})
        names = list(dict.fromkeys((*validation, *train)))
        while len(self.rows) <= len(names):
            self._add_row("value")
        lines = [TITLES] if names else []
        lines += [(label(name), _written(train.get(name)), _written(validation.get(name))) for name in names]
        for place, row in enumerate(self.rows):
            for column, words in enumerate(row):
                words.setText(lines[place][column] if place < len(lines) else "")
                words.setVisible(place < len(lines))
        self.heading.setText(f"After epoch {epoch.epoch:g}" if epoch else "No results yet")
        self.best.setText(best(history.finished.best) if history.finished else "")

    def _add_row(self, role: str) -> None:
        row = tuple(_words("secondary" if role == "value" and not column else role) for column in range(len(TITLES)))
        for column, words in enumerate(row):
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            self._grid.addWidget(words, len(self.rows), column, side)
        self.rows.append(row)


def _words(role: str) -> QLabel:
    words = QLabel()
    words.setProperty("role", role)
    words.setTextFormat(Qt.TextFormat.PlainText)
    return words


def _written(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
