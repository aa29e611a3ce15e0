"""The runs there are: how each went, to be shown, resumed, opened again."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from canvas.background import Background
from designer.theme import SECONDARY, font, mono
from designer.training import Training
from engine.errors import NetwrightError
from engine.training.runs import Run, runs_in

COLUMNS = ("Started", "State", "Engine", "Epoch", "Validation", "Run")
WIDTHS = (160, 112, 128, 96, 320, 0)
NUMBERS = (0, 3, 4)
ENDS = {"stopped": "stopped", "early": "stopped early"}
"""What a finished run is called that did not come to its planned end."""
EMPTY = "No runs yet. Each training is kept here, with its curves and weights."


class RunsPanel(QWidget):
    """A table of the folder's runs, the newest first."""

    opened = Signal(str)
    """The user wants the model of this run as the document."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        self._runs: list[Mapping[str, Any]] = []
        self._reader = Background(self)
        self._reader.done.connect(self._fill)
        self._reader.failed.connect(self._refuse)
        self.table = QTableWidget(0, len(COLUMNS))
        self.buttons = {
            "show": self._button("Show", "Show this run's curves, and follow it while it goes on", self._show),
            "open": self._button("Open model", "Open the network as it was trained", self._open),
            "folder": self._button("Folder", "Show the run's folder", self._reveal),
            "refresh": self._button("Refresh", "Look again", self.refresh),
        }
        self._empty = QLabel(EMPTY)
        self._empty.setProperty("role", "secondary")
        self._prepare_table()
        self._arrange()
        self._state: object = None
        training.began.connect(self._follow)
        training.changed.connect(self._follow)
        self._allow()

    def refresh(self) -> None:
        """Read the folder again, off the window's thread."""
        folder = self._training.runs_folder()
        self._reader.call(lambda: [described for run in runs_in(folder) if (described := _described(run))])

    def _follow(self) -> None:
        """Look again when the run that is shown is another or another way."""
        state = (self._training.run, self._training.history.state)
        if self.isVisible() and state != self._state:
            self._state = state
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def chosen(self) -> Path | None:
        """The run that is selected."""
        row = self.table.currentRow()
        return Path(self._runs[row]["path"]) if 0 <= row < len(self._runs) else None

    def _prepare_table(self) -> None:
        table = self.table
        table.setAccessibleName("Runs")
        table.setHorizontalHeaderLabels(list(COLUMNS))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
        for column, width in enumerate(WIDTHS[:-1]):
            table.setColumnWidth(column, width)
        table.itemSelectionChanged.connect(self._allow)
        table.itemDoubleClicked.connect(lambda _: self._show())

    def _arrange(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(4)
        for button in self.buttons.values():
            side.addWidget(button)
        side.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        main = QVBoxLayout()
        main.addWidget(self._empty, 0, Qt.AlignmentFlag.AlignCenter)
        main.addWidget(self.table, 1)
        layout.addLayout(main, 1)
        layout.addLayout(side)

    def _button(self, title: str, tip: str, does: Any) -> QPushButton:
        button = QPushButton(title)
        button.setProperty("role", "small")
        button.setToolTip(tip)
        button.clicked.connect(does)
        return button

    def _fill(self, runs: list[Mapping[str, Any]]) -> None:
        before = self.chosen()
        self._runs = runs
        self.table.setRowCount(len(runs))
        for row, run in enumerate(runs):
            for column, text in enumerate(_cells(run)):
                item = QTableWidgetItem(text)
                is_shown = run["path"] == str(self._training.run)
                item.setFont(mono(SECONDARY) if column in NUMBERS else font(SECONDARY, bold=is_shown))
                item.setToolTip(run["path"])
                self.table.setItem(row, column, item)
            if before is not None and run["path"] == str(before):
                self.table.selectRow(row)
        self._empty.setText(EMPTY)
        self._empty.setVisible(not runs)
        self.table.setVisible(bool(runs))
        self._allow()

    def _refuse(self, reason: str) -> None:
        self._fill([])
        self._empty.setText(reason)

    def _allow(self) -> None:
        chosen = self.chosen() is not None
        for name in ("show", "open", "folder"):
            self.buttons[name].setEnabled(chosen)

    def _show(self) -> None:
        run = self.chosen()
        if run is not None:
            self._training.show(run)

    def _open(self) -> None:
        run = self.chosen()
        if run is not None:
            self.opened.emit(str(run / "model.txtpb"))

    def _reveal(self) -> None:
        run = self.chosen()
        if run is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run)))


def _described(run: Run) -> Mapping[str, Any] | None:
    """What the list says of a run; None for a folder that was damaged, which shall not hide the others."""
    try:
        return run.describe()
    except NetwrightError:
        return None


def _cells(run: Mapping[str, Any]) -> tuple[str, ...]:
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(run["started"])) if run["started"] else ""
    numbers = "  ".join(f"{name} {value:.4g}" for name, value in run["validation"].items() if value is not None)
    engine = " · ".join(part for part in (run["engine"], run["device"]) if part)
    epoch = f"{run['epoch']:g} / {run['epochs']}"
    return (started, ENDS.get(run["reason"], run["status"]), engine, epoch, numbers, run["name"])
