"""The memory that a training takes: what it holds by kind, and the largest batch that fits, found by trial steps."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from canvas.background import Background
from designer import figures
from designer.document import Document
from designer.fitting import Fit, Fitting
from designer.panels.facts import Facts
from designer.preferences import Settings
from designer.tone import set_tone
from engine.memory import Account, account_of
from engine.model import Model

KINDS = ("weights", "gradients", "optimizer", "averages", "inputs", "activations")
USUAL = 8
"""Gigabytes that are asked for at first."""
TRYING = "Taking trial steps …"


class Memory(QWidget):
    """An account of the present recipe, and a question that takes some seconds to answer."""

    def __init__(self, document: Document, settings: Settings) -> None:
        super().__init__()
        self._document = document
        self._settings = settings
        self._model = Model()
        self._reckoner = Background(self)
        self._reckoner.done.connect(self._show)
        self._fitting = Fitting(self)
        self._fitting.done.connect(self._answer)
        self._fitting.failed.connect(lambda reason: self._say(reason, "bad"))
        self.heading = QLabel()
        self.heading.setProperty("role", "heading")
        self.facts = Facts()
        self.limit = QLineEdit(str(USUAL))
        self.limit.setProperty("role", "value")
        self.limit.setFixedWidth(56)
        self.limit.setAccessibleName("Gigabytes of memory")
        self.limit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.limit.returnPressed.connect(self.ask)
        self.button = QPushButton("Find")
        self.button.setProperty("role", "small")
        self.button.setToolTip("Take trial steps on the preferred engine and device, in processes of their own")
        self.button.clicked.connect(self.ask)
        self.words = QLabel()
        self.words.setProperty("role", "secondary")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.hide()
        self._arrange()

    def _arrange(self) -> None:
        ask, unit = QLabel("Largest batch in"), QLabel("GB")
        for label in (ask, unit):
            label.setProperty("role", "secondary")
        ask.setBuddy(self.limit)
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (ask, self.limit, unit):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.heading)
        layout.addWidget(self.facts)
        layout.addLayout(row)
        layout.addWidget(self.words)

    def display(self, model: Model) -> None:
        """Show what training `model` holds; a large network takes too long to reckon here."""
        if model.network is not self._model.network or model.recipe != self._model.recipe:
            self._fitting.stop()
            self._say("")
        self._model = model
        self._reckoner.call(lambda: account_of(model))

    def ask(self) -> None:
        """Ask for the largest batch."""
        try:
            limit = float(self.limit.text().replace(",", "."))
        except ValueError:
            limit = 0.0
        if not 0 < limit < float("inf"):
            self._say(f"{self.limit.text()!r} is no number of gigabytes", "bad")
            return
        self._say(TRYING)
        preferred = self._settings.preferences
        self._fitting.ask(self._model, self._document.base, limit, preferred.engine, preferred.device)

    def finish(self) -> None:
        """The window is closed."""
        self._fitting.stop()

    def _show(self, held: Account) -> None:
        self.heading.setText(f"Training with batches of {figures.count(held.batch)}")
        counted = [(kind.capitalize(), getattr(held, kind)) for kind in KINDS]
        rows = [(name, figures.size(size)) for name, size in counted if size]
        self.facts.display((*rows, ("Held together", figures.size(held.total))))

    def _answer(self, fit: Fit) -> None:
        largest = f"{figures.count(fit.largest)} samples fit" if fit.largest else "No batch fits"
        size = figures.count(self._model.recipe.batch_size)
        self._say(f"{largest}; batches of {size} take {figures.size(fit.peak)} at the peak ({fit.where}).")

    def _say(self, words: str, tone: str = "") -> None:
        set_tone(self.words, tone)
        self.words.setText(words)
        self.words.setVisible(bool(words))
