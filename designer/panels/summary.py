"""The summary: what every node gives and costs, to be sorted by any column, with the totals below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from designer import figures, theme
from designer.document import Document
from designer.panels.facts import rule
from designer.panels.memory import Memory
from designer.preferences import Settings
from engine.model import Model
from engine.report import NodeReport, Report

Index = QModelIndex | QPersistentModelIndex

TITLES = ("Node", "Output", "Parameters", "Multiply-adds", "Memory", "Layer")
NUMBERS = (1, 2, 3, 4)
"""Columns of figures: aligned to the right, in the font whose figures line up."""
WRITTEN: tuple[Callable[[Any], str], ...] = (str, str, figures.count, figures.count, figures.size, str)
SORTED = Qt.ItemDataRole.UserRole


class Row(NamedTuple):
    """One node's line."""

    name: str
    output: str
    params: int
    macs: int
    memory: int
    layer: str


class Rows(QAbstractTableModel):
    """The lines of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def fill(self, model: Model, report: Report) -> None:
        """One line for each node, in the author's order."""
        rows = [
            _row(node.name, type(node.layer).__name__, report.nodes.get(node.name, NodeReport()))
            for node in model.network.nodes
        ]
        if rows == self.rows:
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return WRITTEN[index.column()](value)
        if role == SORTED:
            return value
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.FontRole and index.column() in NUMBERS:
            return theme.mono(theme.SMALL)
        return None


class Summary(QWidget):
    """The table, its totals, and the memory that a training takes."""

    jumped = Signal(object)
    """The user wants to see these nodes."""

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__()
        self.rows = Rows()
        self.memory = Memory(document, settings)
        self._proxy = QSortFilterProxyModel()
        self._proxy.setSourceModel(self.rows)
        self._proxy.setSortRole(SORTED)
        self.table = _table(self._proxy)
        self.totals = QLabel()
        self.totals.setProperty("role", "secondary")
        self.totals.setContentsMargins(12, 8, 12, 8)
        self.totals.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.table)
        for widget in (self.totals, rule(), self.memory):
            layout.addWidget(widget)
        self.table.clicked.connect(self._jump)
        self.table.activated.connect(self._jump)

    def display(self, model: Model, report: Report) -> None:
        """Show every node's figures."""
        self.rows.fill(model, report)
        self.memory.display(model)
        self.totals.setText(
            f"{figures.count(report.params)} parameters · {figures.short(report.macs)} multiply-adds · "
            f"{figures.size(report.memory)} a sample"
        )

    def finish(self) -> None:
        """The window is closed."""
        self.memory.finish()

    def _jump(self, index: QModelIndex) -> None:
        row = self.rows.rows[self._proxy.mapToSource(index).row()]
        self.jumped.emit((row.name,))


def _table(rows: QSortFilterProxyModel) -> QTableView:
    table = QTableView()
    table.setModel(rows)
    table.setSortingEnabled(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAccessibleName("Summary")
    table.setShowGrid(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(26)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setHighlightSections(False)
    return table


def _row(name: str, layer: str, found: NodeReport) -> Row:
    output = ", ".join(figures.shape(signal.shape) for signal in found.outputs) or "–"
    return Row(name, output, found.params, found.macs, found.memory, layer)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
