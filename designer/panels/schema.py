"""The schema pane: the model's text, which follows every edit and is one itself while one types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from designer.panels.problems import sentence
from designer.panels.schema_text import Mark, SchemaText
from designer.pieces import Piece, carried, changes, in_units, pieces
from designer.sameness import settled
from designer.selection import Names
from designer.theme import Theme
from engine.errors import Problem, SchemaError
from engine.model import Model
from engine.report import Report
from engine.schema.read import read
from engine.schema.write import write

PAUSE = 150
"""Milliseconds without a key after which the text is read."""


class Schema(QWidget):
    """Text that cannot be read is left alone, marked, and changes nothing until it can be."""

    edited = Signal(str, object)
    selected = Signal(object)
    """The cursor stands in these nodes."""
    undo_wanted = Signal()
    redo_wanted = Signal()

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = Model()
        self._report = Report()
        self._canonical = ""
        self._refusal: tuple[Problem, ...] = ()
        self._names: Names = ()
        self._pieces: list[Piece] = []
        self.text = SchemaText(chosen)
        self.state = QLabel()
        self.state.setProperty("role", "refusal")
        self.state.setWordWrap(True)
        self.state.setContentsMargins(12, 6, 12, 6)
        self.state.setTextFormat(Qt.TextFormat.PlainText)
        self.state.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.text)
        layout.addWidget(self.state)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.flush)
        self.text.textChanged.connect(self._pause.start)
        self.text.left.connect(self.flush)
        self.text.cursorPositionChanged.connect(self._follow_cursor)
        self.text.undo_wanted.connect(self.undo)
        self.text.redo_wanted.connect(self.redo_wanted)
        self.setFocusProxy(self.text)

    def display(self, model: Model, report: Report) -> None:
        """Show `model`; only what differs is written anew."""
        self._report = report
        if model is not self._model:
            self._write(model)
        self._look_again()

    def select(self, names: Names) -> None:
        """Set off these nodes; go to the first unless the cursor is already in one of them."""
        self._names = names
        self._choose()
        if names and self._node_at_cursor() not in names and not self.text.hasFocus():
            place = next((piece.start for piece in self._pieces if piece.node == names[0]), None)
            if place is not None:
                with QSignalBlocker(self.text):
                    self.text.reveal(place)

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self.text.wear(chosen)

    def flush(self) -> None:
        """Read what was typed, now."""
        self._pause.stop()
        text = self.text.toPlainText()
        self._pieces = _placed(text)
        if text == self._canonical:
            self._refuse(())
            return
        try:
            reading = read(text)
        except SchemaError as error:
            self._refuse(error.problems)
            return
        self._refuse(())
        model = settled(self._model, reading.model)
        if model is not self._model:
            self._model = model
            self._canonical = write(model)
            self.edited.emit("Type in the schema", model)

    def _write(self, model: Model) -> None:
        """Bring `model` into the text, whose own form is kept where the model says the same as before."""
        self._pause.stop()
        after = write(model)
        text = carried(self.text.toPlainText(), self._canonical, after)
        if not self._refusal and text != after and not _says(text, model):
            text = after
        before = self.text.toPlainText()
        units = in_units(before)
        with QSignalBlocker(self.text):
            for offset, length, new in changes(before, text):
                self.text.replace(units(offset), units(offset + length), new)
        self._model, self._canonical = model, after
        if self._refusal:
            self.flush()

    @property
    def is_refused(self) -> bool:
        """Whether what stands there cannot be read."""
        return bool(self._refusal)

    def undo(self) -> None:
        """What was typed but cannot be read goes first; then the document's last step."""
        self.flush()
        if self._refusal:
            self._refuse(())
            self._canonical = ""
            self._write(self._model)
            self._look_again()
        else:
            self.undo_wanted.emit()

    def _look_again(self) -> None:
        self._pieces = _placed(self.text.toPlainText())
        self._choose()
        self._mark()

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._refusal = problems
        self.state.setVisible(bool(problems))
        if problems:
            first = problems[0]
            self.state.setText(f"Line {first.line}: {sentence(first)}")
        self._mark()

    def _mark(self) -> None:
        self.text.mark([*self._typing_marks(), *self._report_marks()])

    def _typing_marks(self) -> Iterator[Mark]:
        for problem in self._refusal:
            block = self.text.document().findBlockByNumber(max(0, problem.line - 1))
            column = min(max(0, problem.column - 1), max(0, block.length() - 2))
            word = _word(block.text(), column)
            yield Mark(
                block.position() + in_units(block.text())(column),
                max(1, len(word)),
                problem.severity,
                sentence(problem),
            )

    def _report_marks(self) -> Iterator[Mark]:
        if self._refusal:
            return
        places = {piece.node: piece for piece in self._pieces if piece.node}
        for name, problems in self._report.problems_of.items():
            piece = places.get(name)
            if piece is not None:
                for problem in problems:
                    yield Mark(piece.start, len("node"), problem.severity, sentence(problem))

    def _choose(self) -> None:
        self.text.choose((piece.start, piece.end - 1) for piece in self._pieces if piece.node in self._names)

    def _node_at_cursor(self) -> str:
        offset = self.text.textCursor().position()
        return next((piece.node for piece in self._pieces if piece.start <= offset < piece.end), "")

    def _follow_cursor(self) -> None:
        if self.text.hasFocus():
            name = self._node_at_cursor()
            if name and name in self._model.network:
                self.selected.emit((name,))


def _placed(text: str) -> list[Piece]:
    """The pieces with their places as Qt counts them."""
    units = in_units(text)
    return [replace(piece, start=units(piece.start), end=units(piece.end)) for piece in pieces(text)]


def _says(text: str, model: Model) -> bool:
    """Whether a text is the schema of `model`."""
    try:
        return read(text).model == model
    except SchemaError:
        return False


def _word(line: str, column: int) -> str:
    """What stands at a column up to the next space or mark."""
    rest = line[column:]
    end = next(
        (place for place, sign in enumerate(rest) if place and not (sign.isalnum() or sign in '_"./')), len(rest)
    )
    return rest[:end]
