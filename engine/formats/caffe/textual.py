"""Messages of Caffe's in protobuf text format, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import Problem, SchemaError, Unreadable
from engine.formats.caffe.message import Declared, Message, Word, declared, words_of
from engine.schema.layout import Group, Item, flat, lines
from engine.schema.scalars import (
    is_text,
    read_bool,
    read_float,
    read_int,
    read_text,
    write_bool,
    write_float,
    write_text,
)
from engine.schema.text import Entry, Tree, Value, parse
from engine.schema.text import Message as Entries

SHOWN = 100
"""How many problems of a text are told."""

FIELDS = 300_000
"""How many fields a text may have: ten times what the largest nets have."""


def parsed(text: str, path: Path) -> Tree:
    """The entries of a text. Raises Unreadable for one with more fields than any net has."""
    count = text.count(":") + text.count("{")
    if count > FIELDS:
        raise Unreadable(f"has some {count:,} fields, and no net has more than {FIELDS:,}", file=str(path))
    return parse(text)


def message_of(text: str, type: str, path: Path) -> Message:
    """A text as a message. Raises SchemaError naming the lines."""
    return message_in(parse(text), type, path)


def message_in(tree: Tree, type: str, path: Path) -> Message:
    """The entries of a text as a message. Raises SchemaError naming the lines."""
    reader = _Reader(tree)
    made = reader.message(type, tree.entries, 1)
    problems = (*tree.problems, *reader.problems)
    if problems:
        raise SchemaError(problems[:SHOWN], file=str(path))
    return made


class _Reader:
    """Makes messages of entries; what forks have added is kept as it looks."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.problems: list[Problem] = []

    def message(self, type: str, entries: Entries, line: int) -> Message:
        known = declared(type)
        made = Message(type, line=line)
        for entry in entries:
            values = made.fields.setdefault(entry.name, [])
            values += self._values(entry, known.get(entry.name))
        return made

    def _values(self, entry: Entry, field: Declared | None) -> list[Any]:
        given = entry.value
        each: list[Value] = list(given) if isinstance(given, list) and not isinstance(given, Entries) else [given]
        return [self._value(entry, value, field) for value in each]

    def _value(self, entry: Entry, value: Value, field: Declared | None) -> Any:
        line, column = self._tree.place(entry.offset)
        is_message = isinstance(value, Entries)
        if field is not None and field.is_message != is_message:
            wanted = "a message in braces" if field.is_message else "a value, not a message"
            self.problems.append(Problem(f"{entry.name} takes {wanted}", line=line, column=column))
            return Message(field.type) if field.is_message else field.default
        if isinstance(value, Entries):
            return self.message(field.type if field else "", value, line)
        try:
            return _scalar(str(value), field)
        except ValueError as error:
            self.problems.append(Problem(f"{entry.name} {error}", line=line, column=column))
            return field.default if field else ""


def _scalar(token: str, field: Declared | None) -> Any:
    """Raises ValueError."""
    if field is None:
        return _looking_like(token)
    if field.is_enum:
        return _word(token, field.type)
    if field.type in ("float", "double"):
        return read_float(token)
    if field.type == "bool":
        return read_bool(token)
    return read_text(token) if field.type in ("string", "bytes") else read_int(token)


def _word(token: str, enum: str) -> Word:
    words = words_of(enum)
    if token in words:
        return Word(token)
    number = next((word for word, number in words.items() if token == str(number)), "")
    if not number:
        raise ValueError(f"must be one of {', '.join(words)}, not {token}")
    return Word(number)


def _looking_like(token: str) -> Any:
    """The value of a field that is not declared."""
    if is_text(token):
        return read_text(token)
    if token in ("true", "false"):
        return token == "true"
    for read in (read_int, read_float):
        try:
            return read(token)
        except ValueError:
            continue
    return Word(token)


def text_of(message: Message) -> str:
    """All fields on one line."""
    return flat(items_of(message))


def written(message: Message) -> str:
    """The text of a file: layers with a line for each field, small messages on one line."""
    return "".join(f"{line}\n" for item in items_of(message) for line in lines(item))


def items_of(message: Message) -> tuple[Item, ...]:
    """The fields in canonical form."""
    return tuple(_item(name, value) for name, values in message.fields.items() for value in values)


def _item(name: str, value: Any) -> Item:
    if isinstance(value, Message):
        return Group(name, items_of(value), open=name == "layer")
    return f"{name}: {_token(value)}"


def _token(value: Any) -> str:
    if isinstance(value, Word):
        return str(value)
    if isinstance(value, bool):
        return write_bool(value)
    if isinstance(value, str):
        return write_text(value)
    return write_float(value) if isinstance(value, float) else str(value)
