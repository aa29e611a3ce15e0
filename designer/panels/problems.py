"""The problems: all that is wrong or could be better, worst first; one click goes there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QStackedLayout, QWidget

from designer.icons import icon
from designer.theme import Theme
from engine.errors import Problem
from engine.model import Model
from engine.report import Report

ORDER = {"error": 0, "warning": 1, "suggestion": 2}
TOKENS = {"error": "error", "warning": "warning", "suggestion": "accent"}
SHOWN = 500
"""More of them help nobody."""


class Problems(QWidget):
    """A list of the report's problems."""

    jumped = Signal(object)
    """The user wants to see these nodes."""

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = chosen
        self._problems: tuple[Problem, ...] = ()
        self.list = QListWidget()
        self.list.setIconSize(QSize(16, 16))
        self.list.setWordWrap(True)
        self.list.setAccessibleName("Problems")
        self._nothing = QLabel("Nothing stands in the way: this network can be trained.")
        self._nothing.setProperty("role", "secondary")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(12, 8, 12, 8)
        self._stack.addWidget(self._nothing)
        self._stack.addWidget(self.list)
        self.list.itemClicked.connect(self._jump)
        self.list.itemActivated.connect(self._jump)

    def display(self, model: Model, report: Report) -> None:
        """Show what the report says."""
        if report.problems == self._problems:
            return
        self._problems = report.problems
        self._fill()

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = chosen
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        icons = {severity: icon(severity, self._theme, token) for severity, token in TOKENS.items()}
        for problem in sorted(self._problems, key=lambda problem: ORDER[problem.severity])[:SHOWN]:
            item = QListWidgetItem(icons[problem.severity], sentence(problem))
            item.setData(Qt.ItemDataRole.UserRole, problem.node)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{problem.severity}: {sentence(problem)}")
            self.list.addItem(item)
        self._stack.setCurrentIndex(int(bool(self._problems)))

    def _jump(self, item: QListWidgetItem) -> None:
        name = str(item.data(Qt.ItemDataRole.UserRole))
        if name:
            self.jumped.emit((name,))


def sentence(problem: Problem) -> str:
    """A problem as one reads it: where, what, what would mend it."""
    where = f"{problem.node}: " if problem.node else ""
    hint = f" – {problem.hint}" if problem.hint else ""
    return f"{where}{problem.message}{hint}"
