"""The status bar: how big, how many problems, saved or not; where the network can go; the zoom."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QStatusBar, QToolButton, QWidget

from designer import figures
from engine.formats import FORMATS
from engine.report import Report

SEVERITIES = ("error", "warning", "suggestion")


class Status(QStatusBar):
    """Answers at a glance; the problems are a way to their panel, the zoom one to 100 %."""

    problems_wanted = Signal()
    zoom_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        self.size_of = QLabel()
        self.problems = QToolButton()
        self.saved = QLabel()
        self.formats = QLabel()
        self.zoom = QToolButton()
        self.zoom.setToolTip("Back to 100 % (Ctrl+0)")
        self.problems.setToolTip("Show the problems (Ctrl+5)")
        for widget in (self.size_of, QLabel("·"), self.problems, QLabel("·"), self.saved):
            self.addWidget(widget)
        for widget in (self.formats, self.zoom):
            self.addPermanentWidget(widget)
        titles = [row.title for row in FORMATS.values() if row.writes and row.name != "netwright"]
        self.formats.setText(f"goes to: {' '.join(titles)}" if titles else "")
        self.problems.clicked.connect(self.problems_wanted)
        self.zoom.clicked.connect(self.zoom_wanted)

    def display(self, report: Report) -> None:
        """Show the size and the problems."""
        self.size_of.setText(
            f"{figures.count(report.params)} parameters  ·  {figures.short(report.macs)} multiply-adds"
        )
        self.problems.setText(counted(report))

    def show_saved(self, is_saved: bool) -> None:
        """Say whether the file holds what is drawn."""
        self.saved.setText("saved" if is_saved else "not saved")

    def show_zoom(self, factor: float) -> None:
        """Show the canvas's scale."""
        self.zoom.setText(f"{factor:.0%}".replace("%", " %"))


def counted(report: Report) -> str:
    """`2 errors, 1 suggestion`."""
    counts = Counter(problem.severity for problem in report.problems)
    parts = [f"{counts[kind]} {kind}{'s' * (counts[kind] > 1)}" for kind in SEVERITIES if counts[kind]]
    return ", ".join(parts) or "no problems"
