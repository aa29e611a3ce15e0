"""The form of a declared record: a row for each field, forms within it for the records that it holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from designer.editors import EDITORS, Editor
from designer.wording import label
from engine.declare import Field, fields_of

LABELS, INDENT, HEIGHT = 116, 12, 28
"""Width of the labels, height of a row, and how far the fields of a record within the record stand to the right."""


class Form(QWidget):
    """Edits one record, field by field."""

    edited = Signal(str, object)
    """The user means this record; the text is the field that he changed."""

    def __init__(self, cls: Any, skip: Collection[str] = (), depth: int = 0) -> None:
        super().__init__()
        self._record: Any = None
        self._grid = grid(depth)
        self.setLayout(self._grid)
        self._titles: dict[str, QLabel] = {}
        self._rows: dict[str, int] = {}
        self._editors = {field.name: self._row(field, depth) for field in fields_of(cls) if field.name not in skip}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to fill in."""
        return not self._editors

    def editor(self, name: str) -> Editor:
        """The editor of the field `name`."""
        return self._editors[name]

    def offer(self, name: str, is_offered: bool) -> None:
        """Whether there is a row for the field `name`, which holds nothing yet."""
        title, head = self._titles[name], self._editors[name].head
        self._grid.setRowMinimumHeight(self._rows[name], HEIGHT if is_offered else 0)
        for widget in (title, head):
            if widget is not None:
                widget.setVisible(is_offered)

    def display(self, record: Any) -> None:
        """Show `record`, whose class is the form's."""
        before, self._record = self._record, record
        for name, editor in self._editors.items():
            value = getattr(record, name)
            if before is None or getattr(before, name) is not value:
                editor.display(value)

    def _row(self, field: Field, depth: int) -> Editor:
        editor = editor_of(field, depth)
        self._rows[field.name] = self._grid.rowCount()
        self._titles[field.name] = place(self._grid, label(field.spelling), editor)
        editor.offered.connect(partial(self._offer, field.name))
        return editor

    def _offer(self, name: str, value: Any) -> None:
        if self._record is not None and value != getattr(self._record, name):
            self._record = replace(self._record, **{name: value})
            self.edited.emit(label(self._editors[name].field.spelling).lower(), self._record)


def editor_of(field: Field, depth: int = 0) -> Editor:
    """The editor that the field's declaration asks for."""
    if field.kind in ("message", "one_of"):
        from designer.records import editor_of_records

        return editor_of_records(field, depth)
    return EDITORS[field.kind](field)


def grid(depth: int = 0) -> QGridLayout:
    """Labels left and editors right, in line with what is around them."""
    made = QGridLayout()
    made.setContentsMargins(INDENT if depth else 0, 0, 0, 0)
    made.setHorizontalSpacing(8)
    made.setVerticalSpacing(4)
    made.setColumnMinimumWidth(0, LABELS - INDENT * depth)
    made.setColumnStretch(1, 1)
    return made


def place(rows: QGridLayout, words: str, editor: Editor) -> QLabel:
    """Append a row: the label, the editor beside or below it, and room for why it refuses; gives the label."""
    row = rows.rowCount()
    title = QLabel(words)
    title.setToolTip(editor.field.help)
    title.setProperty("role", "secondary")
    rows.setRowMinimumHeight(row, HEIGHT)
    rows.addWidget(title, row, 0, Qt.AlignmentFlag.AlignVCenter)
    if editor.head is not None:
        title.setBuddy(editor.head)
        rows.addWidget(editor.head, row, 1)
    if editor.body is not None:
        rows.addWidget(editor.body, row + 1, 0, 1, 2)
    rows.addWidget(_refusal(editor), row + 2, 1)
    return title


def _refusal(editor: Editor) -> QLabel:
    """The sentence under a field that does not take what stands in it."""
    words = QLabel()
    words.setProperty("role", "refusal")
    words.setWordWrap(True)
    words.hide()

    def say(refusal: str) -> None:
        words.setText(refusal)
        words.setVisible(bool(refusal))

    editor.refused.connect(say)
    return words
