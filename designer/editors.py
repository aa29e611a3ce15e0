"""One editor for each kind of declared field: it displays a value and offers another that the field takes."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QCompleter, QLineEdit, QPlainTextEdit, QWidget

from designer.wording import label, parsed, written
from engine.declare import Field
from engine.errors import FieldError


class Editor(QObject):
    """Edits one value; it is silent while it displays. `head` stands beside the label, `body` below both."""

    offered = Signal(object)
    """The user means this value, and the field takes it."""
    refused = Signal(str)
    """Why the field does not take what stands there; empty as soon as it does."""

    def __init__(self, field: Field, head: QWidget | None = None, body: QWidget | None = None) -> None:
        super().__init__()
        self.field = field
        self.head = head
        self.body = body
        for widget in (head, body):
            if widget is not None:
                widget.setToolTip(field.help)
                widget.setAccessibleName(label(field.spelling))
                widget.setAccessibleDescription(field.help)

    def display(self, value: Any) -> None:
        """Show `value`."""
        raise NotImplementedError


class Entry(QLineEdit):
    """A line of text that Up and Down step, Escape puts back."""

    stepped = Signal(int)
    left = Signal()

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the document's unless something was typed that it does not know yet."""
        steps = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent) or self.isModified():
            return super().event(event)
        if any(event.matches(step) for step in steps):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape and self.isModified():
            self.left.emit()
        else:
            super().keyPressEvent(event)


class TextEditor(Editor):
    """Numbers, lists of numbers, names and texts: everything that one line says."""

    def __init__(self, field: Field) -> None:
        self._entry = Entry()
        super().__init__(field, self._entry)
        self._value: Any = None
        if field.kind in ("int", "float"):
            self._entry.setProperty("role", "value")
        self._entry.textEdited.connect(self._check)
        self._entry.editingFinished.connect(self._offer)
        self._entry.stepped.connect(self._step)
        self._entry.left.connect(lambda: self.display(self._value))

    def display(self, value: Any) -> None:
        self._value = value
        self._say("")
        text = written(self.field, value)
        if text != self._entry.text():
            with QSignalBlocker(self._entry):
                self._entry.setText(text)
        self._entry.setModified(False)

    def _check(self, text: str) -> None:
        try:
            parsed(self.field, text)
        except FieldError as error:
            self._say(error.message)
        else:
            self._say("")

    def _offer(self) -> None:
        if not self._entry.isModified():
            return
        try:
            value = parsed(self.field, self._entry.text())
        except FieldError as error:
            self._say(error.message)
            return
        self.display(value)
        self.offered.emit(value)

    def _step(self, by: int) -> None:
        if self.field.kind != "int" or self.field.repeated or not isinstance(self._value, int):
            return
        try:
            value = self.field.accept(self._value + by)
        except FieldError as error:
            self._say(error.message)
            return
        self.display(value)
        self.offered.emit(value)

    def _say(self, refusal: str) -> None:
        self.refused.emit(refusal)
        if bool(refusal) != bool(self._entry.property("refused")):
            self._entry.setProperty("refused", bool(refusal))
            self._entry.style().polish(self._entry)


class BoolEditor(Editor):
    """Yes or no."""

    def __init__(self, field: Field) -> None:
        self._box = QCheckBox()
        super().__init__(field, self._box)
        self._box.toggled.connect(self.offered.emit)

    def display(self, value: Any) -> None:
        with QSignalBlocker(self._box):
            self._box.setChecked(bool(value))


class QuietCombo(QComboBox):
    """A choice that the wheel does not change while one scrolls past."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def make_searchable(combo: QComboBox) -> None:
    """Let a part of a name be typed where there are many; what is none of them is put back."""
    combo.setEditable(True)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    finder, line = combo.completer(), combo.lineEdit()
    assert finder is not None
    assert line is not None
    finder.setFilterMode(Qt.MatchFlag.MatchContains)
    finder.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    line.editingFinished.connect(lambda: combo.setEditText(combo.itemText(combo.currentIndex())))


class ChoiceEditor(Editor):
    """One of a few words."""

    def __init__(self, field: Field) -> None:
        self._combo = QuietCombo()
        super().__init__(field, self._combo)
        self._combo.addItems(list(field.choices))
        self._combo.textActivated.connect(self.offered.emit)

    def display(self, value: Any) -> None:
        self._combo.setCurrentText(str(value))


class NoteBox(QPlainTextEdit):
    """Several lines, offered when one goes elsewhere."""

    finished = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.finished.emit()


class NoteEditor(Editor):
    """A comment of several lines."""

    def __init__(self, field: Field) -> None:
        self._box = NoteBox()
        super().__init__(field, body=self._box)
        self._value = ""
        self._box.setProperty("role", "note")
        self._box.setTabChangesFocus(True)
        self._box.setFixedHeight(64)
        self._box.finished.connect(self._offer)

    def display(self, value: Any) -> None:
        self._value = str(value)
        if self._box.toPlainText() != self._value:
            self._box.setPlainText(self._value)

    def _offer(self) -> None:
        text = self._box.toPlainText().strip()
        if text != self._value:
            self._value = text
            self.offered.emit(text)


def finish_typing() -> None:
    """What stands in the field that has the focus is offered, as if one had gone elsewhere."""
    widget = QApplication.focusWidget()
    if widget is not None:
        widget.clearFocus()
        widget.setFocus()


class MakesEditor(Protocol):
    """What the table below holds."""

    def __call__(self, field: Field) -> Editor: ...


EDITORS: dict[str, MakesEditor] = {
    "int": TextEditor,
    "float": TextEditor,
    "text": TextEditor,
    "coded": TextEditor,
    "bool": BoolEditor,
    "choice": ChoiceEditor,
    "comment": NoteEditor,
}
