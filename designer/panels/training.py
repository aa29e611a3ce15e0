"""Training: how it is set up, where it is, and its curves."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from designer.document import Document
from designer.panels.curves import Curves
from designer.panels.progress import ProgressPage
from designer.panels.setup import SetupPage
from designer.preferences import Settings
from designer.theme import Theme
from designer.training import Training

LEFT = 328
HEAD, FOOT = 24, 28
"""Heights of the line with the heading, whatever else stands in it, and of the buttons below."""

BUTTONS = (
    ("train", "Train", "Train the network as it is drawn (Ctrl+Enter)"),
    ("pause", "Pause", "Wait after the next step"),
    ("resume", "Resume", "Go on, from the last checkpoint where the process is gone"),
    ("stop", "Stop", "End after the next step and keep what was learned (Ctrl+.)"),
)


class TrainingPanel(QWidget):
    """Left the set-up or the progress, right the curves."""

    edited = Signal(str, object)

    def __init__(self, training: Training, document: Document, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self._training = training
        self.setup = SetupPage(settings)
        self.setup.edited.connect(self.edited)
        self.progress = ProgressPage()
        self.pages = QStackedWidget()
        self.pages.addWidget(self.setup)
        self.pages.addWidget(self.progress)
        self.curves = Curves(theme)
        self.turn = QPushButton()
        self.turn.setProperty("role", "link")
        self.turn.clicked.connect(lambda: self._show_page(1 - self.pages.currentIndex()))
        self.buttons = {name: self._button(name, title) for name, title, _ in BUTTONS}
        self.heading = QLabel()
        self.heading.setProperty("role", "heading")
        self._arrange()
        self._show_page(0)
        training.began.connect(self._begin)
        training.changed.connect(self._follow)
        self.display(document.model, document.report)
        if training.run is not None:
            self._begin()
        self._follow()

    def display(self, model: object, report: object) -> None:
        """Show the recipe of another model."""
        self.setup.display(model)
        self._allow()

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.curves.wear(theme)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        for name in ("train", "pause", "resume", "stop"):
            row.addWidget(self.buttons[name])
        row.addStretch(1)
        row.addWidget(self.curves.choice)
        for widget in (*self.buttons.values(), self.curves.choice):
            widget.setFixedHeight(FOOT)
        head = QHBoxLayout()
        head.addWidget(self.heading)
        head.addStretch(1)
        head.addWidget(self.turn)
        line = QWidget()
        line.setLayout(head)
        line.setFixedHeight(HEAD)
        head.setContentsMargins(0, 0, 0, 0)
        left = QVBoxLayout()
        left.setContentsMargins(16, 8, 0, 10)
        left.setSpacing(4)
        left.addWidget(line)
        left.addWidget(self.pages, 1)
        left.addLayout(row)
        holder = QWidget()
        holder.setLayout(left)
        holder.setFixedWidth(LEFT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 12, 0)
        layout.setSpacing(16)
        layout.addWidget(holder)
        layout.addWidget(self.curves, 1)

    def _button(self, name: str, title: str) -> QPushButton:
        button = QPushButton(title)
        button.setProperty("role", "main" if name == "train" else "small")
        button.clicked.connect(getattr(self._training, name))
        return button

    def _begin(self) -> None:
        self.curves.clear()
        self._show_page(1)
        self._follow()

    def _follow(self) -> None:
        if self.isVisible() or self._training.history.state != "running":
            self.progress.display(self._training)
            self.curves.display(self._training.history, is_awaited=self._training.is_active)
        self.heading.setText(self.progress.heading if self.pages.currentIndex() else "Set-up")
        self._allow()

    def showEvent(self, event: QShowEvent) -> None:
        """What came in while it was hidden is drawn now."""
        super().showEvent(event)
        self._follow()

    def _allow(self) -> None:
        obstacles = self._training.obstacles()
        focused = next((button for button in self.buttons.values() if button.hasFocus()), None)
        for name, title, tip in BUTTONS:
            reason = obstacles[name]
            self.buttons[name].setEnabled(not reason)
            self.buttons[name].setToolTip(f"{title} is not possible: {reason}" if reason else tip)
        self._show_buttons(is_active=self._training.is_active, is_resumable=not obstacles["resume"])
        if focused is not None and not focused.hasFocus():
            self._refocus()
        self.setup.hinder("" if self._training.is_active else obstacles["train"])

    def _show_buttons(self, *, is_active: bool, is_resumable: bool) -> None:
        wanted = {
            "train": not is_active,
            "pause": is_active and not is_resumable,
            "resume": is_resumable,
            "stop": is_active,
        }
        for name, is_wanted in wanted.items():
            self.buttons[name].setVisible(is_wanted)

    def _refocus(self) -> None:
        """Where the keyboard is, when its button has gone: not on Stop, which Qt would take and nobody wants to hit."""
        others = (self.buttons[name] for name in ("resume", "pause", "train"))
        next((button for button in others if button.isVisible() and button.isEnabled()), self.turn).setFocus()

    def _show_page(self, number: int) -> None:
        self.pages.setCurrentIndex(number)
        self.turn.setText("Set-up" if number else "Progress")
        self.turn.setVisible(bool(number) or self._training.run is not None)
        self.heading.setText(self.progress.heading if number else "Set-up")
