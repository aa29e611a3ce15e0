"""Editors of records within a record: one that may be missing, one entry of a family, several in a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from designer.editors import Editor, QuietCombo, make_searchable
from designer.form import Form, grid, place
from designer.wording import fresh, summary, title
from engine.declare import Field, Record, fields_of

MANY = 12
"""Entries of a family from which on one can type a part of a name."""


def editor_of_records(field: Field, depth: int) -> Editor:
    """The editor of a field that holds one record or several."""
    if field.repeated:
        return ListEditor(field, depth)
    return EntryEditor(field, depth) if field.kind == "one_of" else RecordEditor(field, depth)


class EntryEditor(Editor):
    """One entry of a family: a choice of which, and its fields below."""

    def __init__(self, field: Field, depth: int) -> None:
        assert field.family is not None
        self._family = tuple(cls for _, cls in field.family.items())
        self._combo = QuietCombo()
        self._form: Form | None = None
        self._depth = depth
        self._body, self._layout = _column()
        super().__init__(field, self._combo, self._body)
        for row, cls in enumerate(self._family):
            self._combo.addItem(title(cls))
            self._combo.setItemData(row, summary(cls), Qt.ItemDataRole.ToolTipRole)
        self._combo.setMaxVisibleItems(len(self._family))
        if len(self._family) > MANY:
            make_searchable(self._combo)
        self._combo.activated.connect(self._switch)

    def display(self, value: Record) -> None:
        row = self._family.index(type(value))
        if self._form is None or row != self._combo.currentIndex():
            self._exchange(type(value))
        self._combo.setCurrentIndex(row)
        self._combo.setToolTip(summary(type(value)))
        assert self._form is not None
        self._form.display(value)

    def _exchange(self, cls: type[Record]) -> None:
        if self._form is not None:
            self._form.setParent(None)
            self._form.deleteLater()
        self._form = Form(cls, depth=self._depth + 1)
        self._form.edited.connect(lambda _, record: self.offered.emit(record))
        self._layout.addWidget(self._form)
        if self._form.is_empty or self._body.parentWidget() is not None:  # else it would be a window of its own
            self._body.setVisible(not self._form.is_empty)

    def _switch(self, row: int) -> None:
        made = fresh(self._family[row])
        self._exchange(type(made))
        self.display(made)
        self.offered.emit(made)


class RecordEditor(Editor):
    """A record: a box before one that may be missing, the choice beside the label of one that holds an entry."""

    def __init__(self, field: Field, depth: int) -> None:
        self._value: Any = None
        lead = next((inner for inner in fields_of(field.type) if inner.kind == "one_of"), None)
        self._lead = EntryEditor(lead, depth) if lead is not None else None
        self._box = QCheckBox() if field.optional else None
        self._form = Form(field.type, skip=(lead.name,) if lead else (), depth=depth + 1)
        self._body, layout = _column()
        super().__init__(field, _beside(*(w for w in (self._box, self._lead and self._lead.head) if w)), self._body)
        if self._lead is not None:
            assert self._lead.body is not None
            layout.addWidget(self._lead.body)
            self._lead.offered.connect(self._offer_rule)
        layout.addWidget(self._form)
        self._form.edited.connect(lambda _, record: self._offer(record))
        if self._box is not None:
            self._box.setToolTip(summary(field.type))
            self._box.toggled.connect(lambda on: self.offered.emit(fresh(field.type) if on else None))

    def display(self, value: Any) -> None:
        self._value = value
        if self._box is not None:
            with QSignalBlocker(self._box):
                self._box.setChecked(value is not None)
        self._body.setVisible(value is not None and not (self._form.is_empty and self._lead is None))
        if self._lead is not None and self._lead.head is not None:
            self._lead.head.setVisible(value is not None)
        if value is None:
            return
        self._form.display(value)
        if self._lead is not None:
            self._lead.display(getattr(value, self._lead.field.name))

    def _offer_rule(self, rule: Record) -> None:
        assert self._lead is not None
        self._offer(replace(self._value, **{self._lead.field.name: rule}))

    def _offer(self, record: Any) -> None:
        self._value = record
        self._form.display(record)
        self.offered.emit(record)


class ListEditor(Editor):
    """Several records, one below the other."""

    def __init__(self, field: Field, depth: int) -> None:
        self._values: tuple[Any, ...] = ()
        self._rows: list[RecordEditor] = []
        self._depth = depth
        self._body, self._layout = _column()
        self.removers: list[QToolButton] = []
        self.more = QPushButton(f"Add {field.spelling}")
        self.more.setProperty("role", "link")
        self.more.clicked.connect(lambda: self._offer((*self._values, fresh(field.type))))
        super().__init__(field, _beside(self.more), self._body)

    def display(self, value: Any) -> None:
        values = tuple(value)
        if len(values) != len(self._rows):
            self._build(len(values))
        for row, item in zip(self._rows, values, strict=True):
            row.display(item)
        self._values = values

    def _build(self, count: int) -> None:
        while (item := self._layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        self.removers.clear()
        self._rows = [self._row(number) for number in range(count)]
        self._body.setVisible(bool(count))

    def _row(self, number: int) -> RecordEditor:
        single = replace(self.field, repeated=False)
        row = RecordEditor(single, self._depth + 1)
        row.offered.connect(lambda record: self._offer(_with(self._values, number, record)))
        less = QToolButton()
        less.setText("×")
        less.setProperty("role", "plain")
        less.setToolTip(f"Remove this {self.field.spelling}")
        less.clicked.connect(lambda: self._offer(self._values[:number] + self._values[number + 1 :]))
        self.removers.append(less)
        row.head = _beside(*(widget for widget in (row.head, less) if widget is not None))
        holder = QWidget()
        rows = grid(self._depth + 1)
        holder.setLayout(rows)
        place(rows, f"{self.field.spelling.capitalize()} {number + 1}", row)
        self._layout.addWidget(holder)
        return row

    def _offer(self, values: tuple[Any, ...]) -> None:
        self.display(values)
        self.offered.emit(values)


def _with(values: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _column() -> tuple[QWidget, QVBoxLayout]:
    widget = QWidget()
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    return widget, layout


def _beside(*widgets: QWidget) -> QWidget:
    """In a row; a choice takes what room there is, all else stands left."""
    holder = QWidget()
    layout = QHBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        choice = isinstance(widget, QuietCombo) or widget.findChild(QuietCombo) is not None
        layout.addWidget(widget, int(choice), Qt.AlignmentFlag(0) if choice else Qt.AlignmentFlag.AlignLeft)
    return holder
