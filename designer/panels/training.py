"""Training: how it is set up, where it is, and its curves."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from designer.document import Document
from designer.panels.curves import Curves
from designer.panels.progress import ProgressPage
from designer.panels.setup import SetupPage
from designer.preferences import Settings
from designer.theme import Theme
from designer.training import Training

LEFT = 264

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
        self._turn = QPushButton()
        self._turn.setProperty("role", "link")
        self._turn.clicked.connect(lambda: self._show_page(1 - self.pages.currentIndex()))
        self.buttons = {name: self._button(name, title) for name, title, _ in BUTTONS}
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
        head = QHBoxLayout()
        self._heading = QLabel()
        self._heading.setProperty("role", "heading")
        head.addWidget(self._heading)
        head.addStretch(1)
        head.addWidget(self._turn)
        left = QVBoxLayout()
        left.setContentsMargins(16, 8, 0, 10)
        left.setSpacing(6)
        left.addLayout(head)
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
            self.curves.display(self._training.history)
        self._heading.setText(self.progress.heading if self.pages.currentIndex() else "Set-up")
        self._allow()

    def showEvent(self, event: object) -> None:
        """What came in while it was hidden is drawn now."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._follow()

    def _allow(self) -> None:
        obstacles = self._training.obstacles()
        for name, title, tip in BUTTONS:
            reason = obstacles[name]
            self.buttons[name].setEnabled(not reason)
            self.buttons[name].setToolTip(f"{title} is not possible: {reason}" if reason else tip)
        is_active = self._training.is_active
        resumable = not obstacles["resume"]
        for name, wanted in (
            ("train", not is_active),
            ("pause", is_active and not resumable),
            ("resume", resumable),
            ("stop", is_active),
        ):
            self.buttons[name].setVisible(wanted)

    def _show_page(self, number: int) -> None:
        self.pages.setCurrentIndex(number)
        self._turn.setText("Set-up" if number else "Progress")
        self._turn.setVisible(bool(number) or self._training.run is not None)
        self._heading.setText(self.progress.heading if number else "Set-up")
