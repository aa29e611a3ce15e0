"""The data: what the network is trained on, how much of it there is, and what it gets to see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from canvas.background import Background
from designer.document import Document
from designer.panels.balance import Balance
from designer.panels.samples import SampleStrip
from designer.theme import Theme
from designer.tone import set_tone
from designer.wording import title
from engine.data.spec import DataSpec
from engine.layers.base import Layer
from engine.model import Model
from engine.node import Node

if TYPE_CHECKING:
    from designer.samples import Preview

LEFT = 264

NONE = (
    "What the network is trained on is shown here.\nChoose data, or drop a file or a folder of pictures on this panel."
)


class DataPanel(QWidget):
    """Left what the data are, right samples of them and how often each class is there."""

    edited = Signal(str, object)

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._shown: object = None
        self._reader = Background(self)
        self._reader.done.connect(self._show)
        self._reader.failed.connect(self._refuse)
        self.heading = QLabel()
        self.heading.setProperty("role", "heading")
        self.facts = QLabel()
        self.facts.setProperty("role", "secondary")
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.choose = QPushButton("Choose data…")
        self.choose.setToolTip("Choose a source, say which column feeds which node, look at samples")
        self.choose.clicked.connect(lambda _: self.open_dialog())
        self.samples = SampleStrip()
        self.balance = Balance(theme)
        self.classes = _titled("Training samples of each class", self.balance)
        self.words = QLabel(NONE)
        self.words.setProperty("role", "secondary")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._arrange()
        self.setAcceptDrops(True)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(16, 10, 0, 10)
        left.addWidget(self.heading)
        left.addWidget(self.facts)
        left.addStretch(1)
        left.addWidget(self.choose)
        holder = QWidget()
        holder.setLayout(left)
        holder.setFixedWidth(LEFT)
        right = QWidget()
        row = QHBoxLayout(right)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(16)
        row.addWidget(self.samples, 1)
        row.addWidget(self.classes)
        words = QWidget()
        centred = QVBoxLayout(words)
        centred.addStretch(1)
        centred.addWidget(self.words)
        centred.addStretch(1)
        self._stack = QStackedLayout()
        self._stack.addWidget(words)
        self._stack.addWidget(right)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 12, 0)
        layout.setSpacing(16)
        layout.addWidget(holder)
        layout.addLayout(self._stack, 1)

    def display(self, model: Model, report: object) -> None:
        """Show the data of `model`; they are read again only where they or what they feed are others."""
        key = (model.data, wants(model))
        if key == self._shown or not self.isVisible():
            return
        self._shown = key
        spec = model.data
        self.heading.setText(named(spec) if spec.sources else "No data yet")
        self.facts.clear()
        if spec.sources:
            self._say("Reading …")
            self._reader.call(reading(spec, model, self._document.base))
        else:
            self._say(NONE)

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.balance.wear(theme)

    def open_dialog(self, path: Path | None = None) -> None:
        """Choose and preview a source, at first the one at `path`."""
        from designer.data_dialog import DataDialog

        model = self._document.model
        dialog = DataDialog(model, self._document.base, self.window(), path)
        if dialog.exec():
            self.edited.emit("Choose data", replace(self._document.model, data=dialog.spec()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.display(self._document.model, self._document.report)

    def dragEnterEvent(self, event: Any) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        self.open_dialog(Path(event.mimeData().urls()[0].toLocalFile()))

    def _show(self, preview: Preview) -> None:
        self._stack.setCurrentIndex(1)
        self.samples.display(preview)
        self.balance.display(preview.counts)
        self.classes.setVisible(bool(preview.counts))
        parts = "\n".join(f"{count:,} {part}" for part, count in preview.parts.items() if count)
        self.facts.setText("\n".join((parts, *preview.notes)))

    def _refuse(self, reason: str) -> None:
        self._say(reason, "bad")

    def _say(self, words: str, tone: str = "") -> None:
        set_tone(self.words, tone)
        self.words.setText(words)
        self._stack.setCurrentIndex(0)


def _titled(title: str, widget: QWidget) -> QWidget:
    """A widget below a small title."""
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(4)
    words = QLabel(title)
    words.setProperty("role", "small")
    column.addWidget(words)
    column.addWidget(widget, 1)
    return both


def named(spec: DataSpec) -> str:
    """What the data are called: the file or folder of the first source."""
    rule = spec.sources[0].rule
    path = next((getattr(rule, name) for name in rule.PATHS if getattr(rule, name)), title(type(rule)))
    return Path(path.removeprefix("bundled:")).name


def wants(model: Model) -> tuple[tuple[str, Layer], ...]:
    """The nodes that data feed."""
    return tuple((node.name, node.layer) for node in fed(model))


def fed(model: Model) -> tuple[Node, ...]:
    """Inputs and targets."""
    return tuple(node for node in model.network.nodes if node.layer.FED)


def reading(spec: DataSpec, model: Model, base: Path) -> Callable[[], Preview]:
    """The slow work of a preview, for another thread."""

    def read() -> Preview:
        from designer.samples import preview

        return preview(spec, model.network, base)

    return read
