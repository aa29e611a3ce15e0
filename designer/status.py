"""The status bar: how big, how many problems, saved or not; where the network can go; the zoom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from designer import figures
from designer.theme import Theme
from engine.report import Report

SEVERITIES = {"error": "error", "warning": "warning", "suggestion": "secondary"}
"""What is counted, and the token of its colour."""


class Status(QStatusBar):
    """Answers at a glance; the problems are a way to their panel, the zoom one to 100 %."""

    problems_wanted = Signal()
    zoom_wanted = Signal()

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = chosen
        self._report = Report()
        self._is_saved = True
        self.setSizeGripEnabled(False)
        self.setContentsMargins(10, 0, 10, 0)
        self.facts = _label("Size, problems and file")
        self.formats = QLabel()
        self.zoom = _label("Zoom")
        self.zoom.setToolTip("Back to 100 % (Ctrl+0)")
        self.addWidget(self.facts)
        for widget in (self.formats, self.zoom):
            self.addPermanentWidget(widget)
        self.facts.linkActivated.connect(lambda _: self.problems_wanted.emit())
        self.zoom.linkActivated.connect(lambda _: self.zoom_wanted.emit())
        self.show_zoom(1.0)
        self._fill()

    def display(self, report: Report) -> None:
        """Show the size and the problems."""
        self._report = report
        self._fill()

    def show_destinations(self, refusals: Mapping[str, str]) -> None:
        """Say which formats this network can go to, and of the others why not."""
        titles = [title for title, reason in refusals.items() if not reason]
        self.formats.setText(f"goes to: {', '.join(titles)}" if titles else "goes to no other format as it is")
        self.formats.setToolTip("\n".join(f"not to {title}: {why}" for title, why in refusals.items() if why))

    def show_saved(self, is_saved: bool) -> None:
        """Say whether the file holds what is drawn."""
        self._is_saved = is_saved
        self._fill()

    def show_zoom(self, factor: float) -> None:
        """Show the canvas's scale."""
        self.zoom.setText(self._link(f"{round(100 * factor)} %", "secondary"))

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = chosen
        self._fill()

    def _fill(self) -> None:
        worst = next((kind for kind in SEVERITIES if any(p.severity == kind for p in self._report.problems)), "")
        parts = (
            f"{figures.count(self._report.params)} parameters",
            f"{figures.short(self._report.macs)} multiply-adds",
            self._link(counted(self._report), SEVERITIES.get(worst, "secondary")),
            "saved" if self._is_saved else "not saved",
        )
        self.facts.setText("&nbsp; · &nbsp;".join(parts))

    def _link(self, words: str, token: str) -> str:
        return f'<a href="#" style="text-decoration:none; color:{self._theme.tokens[token]}">{words}</a>'


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAccessibleName(name)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
    )
    return label


def counted(report: Report) -> str:
    """`2 errors, 1 suggestion`."""
    counts = Counter(problem.severity for problem in report.problems)
    parts = [f"{counts[kind]} {kind}{'s' * (counts[kind] > 1)}" for kind in SEVERITIES if counts[kind]]
    return ", ".join(parts) or "no problems"
