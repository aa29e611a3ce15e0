"""Try: give the trained model something to look at and see what it says, with what certainty and how fast."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from canvas.background import Background
from designer.panels.certainty import Certainty
from designer.sketch import SIDE, Sketch
from designer.theme import SMALL, Theme, mono
from designer.tone import set_tone
from designer.training import Training
from designer.try_client import TryClient

PAUSE = 60
"""Milliseconds to wait for the rest of a stroke."""

ROW_WIDTH = 96

UNTRAINED = "Nothing to try yet: train the model first. Every checkpoint can be tried, also while it still trains."
READY = "Draw, drop a picture, choose a file or a row of the data."


class TryPanel(QWidget):
    """Left what is shown to the model, right its answer."""

    def __init__(self, training: Training, theme: Theme) -> None:
        super().__init__()
        self._training = training
        self._folder = tempfile.TemporaryDirectory(prefix="netwright-try-")
        self._client = TryClient(self)
        self._client.answered.connect(self._answer)
        self._client.failed.connect(self._refuse)
        self._rows = Background(self)
        self._rows.done.connect(self._show_row)
        self._rows.failed.connect(self._refuse)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self._ask_sketch)
        self.sketch = Sketch(theme)
        self.sketch.drawn.connect(lambda _: self._pause.start())
        self.shown = QLabel()
        self.shown.setFixedSize(SIDE, SIDE)
        self.shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.shown.setFont(mono(SMALL))
        self.shown.hide()
        self.certainty = Certainty(theme)
        self.words = QLabel()
        self.words.setProperty("role", "secondary")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.row = QSpinBox()
        self.row.setRange(0, 10_000_000)
        self.row.setFixedWidth(ROW_WIDTH)
        self.row.setKeyboardTracking(False)
        self.row.valueChanged.connect(self.ask_row)
        self.row.setAccessibleName("Row of the data")
        self.row.setToolTip("A sample of the validation part, or of the training part where there is none")
        self._arrange()
        self.setAcceptDrops(True)
        training.changed.connect(self._allow)
        self._allow()

    def _arrange(self) -> None:
        given = QVBoxLayout()
        given.setSpacing(4)
        given.addWidget(_button("Wipe", "An empty board, to draw on", self._wipe))
        given.addWidget(_button("File…", "A picture, a table, an array or a text", self._choose))
        title = QLabel("Row of the data")
        title.setProperty("role", "small")
        title.setBuddy(self.row)
        given.addSpacing(4)
        given.addWidget(title)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.row, 1)
        row.addWidget(_button("Ask", "What does the model say of this row?", self.ask_row))
        given.addLayout(row)
        given.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.words)
        right.addWidget(self.certainty, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 12, 10)
        layout.setSpacing(16)
        layout.addWidget(self.sketch, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(given)
        layout.addWidget(self.shown, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(right, 1)

    def wear(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self.sketch.wear(theme)
        self.certainty.wear(theme)

    def ask_file(self, path: Path) -> None:
        """What does the model say of this file?"""
        picture = QImage(str(path))
        self._show_picture(picture if not picture.isNull() else None, path.name)
        self._ask(str(path))

    def ask_row(self) -> None:
        """What does the model say of a row of its data?"""
        run, number = self._training.run, self.row.value()
        if run is None:
            self._allow()
            return
        folder = Path(self._folder.name)

        def take() -> tuple[str, Any]:
            from designer.samples import sample_of

            return sample_of(run, number, folder)

        self._rows.call(take)

    def finish(self) -> None:
        """End the process that answers."""
        self._client.stop()

    def dragEnterEvent(self, event: Any) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        self.ask_file(Path(event.mimeData().urls()[0].toLocalFile()))

    def _choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Try a file", "", "All files (*)")
        if name:
            self.ask_file(Path(name))

    def _wipe(self) -> None:
        self.sketch.clear()
        self._show_picture(None, "")
        self._say("")
        self.certainty.display((), None)
        self._allow()

    def _ask_sketch(self) -> None:
        file = Path(self._folder.name) / "sketch.png"
        self.sketch.framed().save(str(file))
        self._show_picture(None, "")
        self._ask(str(file))

    def _show_row(self, found: tuple[str, Any]) -> None:
        question, shown = found
        self._show_picture(shown.picture, shown.text)
        self.certainty.expect(shown.label)
        self._ask(question, keep=True)

    def _show_picture(self, picture: QImage | None, text: str) -> None:
        self.shown.setVisible(picture is not None or bool(text))
        self.shown.setWordWrap(True)
        if picture is not None:
            smooth = Qt.TransformationMode.SmoothTransformation
            fast = Qt.TransformationMode.FastTransformation
            large = picture.width() > SIDE
            scaled = picture.scaled(SIDE, SIDE, Qt.AspectRatioMode.KeepAspectRatio, smooth if large else fast)
            self.shown.setPixmap(QPixmap.fromImage(scaled))
        else:
            self.shown.setText("  ".join(text.split()))

    def _ask(self, question: str, *, keep: bool = False) -> None:
        if not keep:
            self.certainty.expect("")
        if self._training.run is None or not _has_weights(self._training.run):
            self._say(UNTRAINED)
            return
        self._say("Asking …")
        self._client.ask(self._training.run, question)

    def _answer(self, answer: Mapping[str, Any]) -> None:
        top = [(str(entry["label"]), float(entry["score"])) for entry in answer.get("top", ())]
        took = answer.get("milliseconds")
        self.certainty.display(top, answer.get("output"))
        run = self._training.run
        weights = f" with the weights of {run.name}" if run else ""
        self._say(f"{took:.1f} ms in onnxruntime{weights}" if took is not None else "")

    def _refuse(self, reason: str) -> None:
        self.certainty.display((), None)
        self._say(reason, "bad")

    def _say(self, words: str, tone: str = "") -> None:
        set_tone(self.words, tone)
        self.words.setText(words)

    def _allow(self) -> None:
        run = self._training.run
        can = run is not None and _has_weights(run)
        if not can:
            self._say(UNTRAINED)
        elif self.words.text() in (UNTRAINED, ""):
            self._say(READY)


def _button(title: str, tip: str, does: Callable[[], object]) -> QPushButton:
    button = QPushButton(title)
    button.setProperty("role", "small")
    button.setToolTip(tip)
    button.clicked.connect(lambda _: does())
    return button


def _has_weights(run: Path) -> bool:
    return any((run / "checkpoints" / name / "weights.safetensors").exists() for name in ("best", "last"))
