"""A message of Caffe's or Caffe2's as a value: for every field that is set its values, whatever it was read from."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.formats.caffe import messages
from engine.formats.caffe2 import messages as second

ENUMS = {**messages.ENUMS, **second.ENUMS}
MESSAGES = {**messages.MESSAGES, **second.MESSAGES}


class Word(str):
    """A bare word: the name of an enum's value."""

    __slots__ = ()


@dataclass(frozen=True)
class Declared:
    """A field as caffe.proto declares it."""

    name: str
    number: int
    type: str
    repeated: bool
    default: Any

    @property
    def is_message(self) -> bool:
        """Whether its values are messages."""
        return self.type in MESSAGES

    @property
    def is_enum(self) -> bool:
        """Whether its values are words."""
        return self.type in ENUMS


@functools.cache
def words_of(enum: str) -> Mapping[str, int]:
    """The words of an enum with their numbers."""
    pairs = (item.split(":") for item in ENUMS[enum].split())
    return {word: int(number) for word, number in pairs}


@functools.cache
def declared(message: str) -> Mapping[str, Declared]:
    """The fields of a message by name; none of one that only forks have."""
    return {field.name: field for field in map(_declared, MESSAGES.get(message, "").split())}


@functools.cache
def numbered(message: str) -> Mapping[int, Declared]:
    """The fields of a message by number."""
    return {field.number: field for field in declared(message).values()}


def _declared(text: str) -> Declared:
    head, _, default = text.partition("=")
    name, number, kind = head.split(":")
    base = kind.removesuffix("*")
    return Declared(name, int(number), base, kind != base, _default(base, default))


def _default(kind: str, text: str) -> Any:
    if kind in ENUMS:
        return Word(text) if text else Word(ENUMS[kind].split(":")[0])
    if kind == "bool":
        return text == "true"
    if kind in ("float", "double"):
        return float(text or 0)
    if kind == "string":
        return text
    return None if kind in MESSAGES or kind == "bytes" else int(text or 0)


class Message:
    """The values of one message; what is asked for is remembered, so that the rest can be told of."""

    __slots__ = ("asked", "fields", "line", "type")

    def __init__(self, type: str, fields: dict[str, list[Any]] | None = None, line: int = 0) -> None:
        self.type = type
        self.fields = {} if fields is None else fields
        self.line = line
        self.asked: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether the field is set."""
        self.asked.add(name)
        return name in self.fields

    def all(self, name: str) -> list[Any]:
        """All values of a field, none where it is not set."""
        self.asked.add(name)
        return self.fields.get(name, [])

    def get(self, name: str) -> Any:
        """The last value of a field, or Caffe's default; of a message that is not set an empty one."""
        values = self.all(name)
        if values:
            return values[-1]
        field = declared(self.type).get(name)
        if field is None or field.is_message:
            return Message(field.type if field else "")
        return field.default

    def with_fields(self, **changed: list[Any]) -> Message:
        """A copy with other values in some fields; an empty list removes one."""
        fields = {**self.fields, **changed}
        return Message(self.type, {name: values for name, values in fields.items() if values}, self.line)

    def without(self, *names: str) -> Message:
        """A copy without some fields."""
        return self.with_fields(**{name: [] for name in names})

    def unasked(self) -> Message:
        """What nobody has asked for, in it and in its messages."""
        fields: dict[str, list[Any]] = {}
        for name, values in self.fields.items():
            if name not in self.asked:
                fields[name] = values
            elif any(isinstance(value, Message) for value in values):
                left = [rest for value in values if (rest := value.unasked()).fields]
                fields |= {name: left} if left else {}
        return Message(self.type, fields, self.line)

    def paths(self, before: str = "") -> list[str]:
        """The fields that are set, `convolution_param.engine`."""
        found: list[str] = []
        for name, values in self.fields.items():
            inner = [value for value in values if isinstance(value, Message) and value.fields]
            found += [path for value in inner for path in value.paths(f"{before}{name}.")] or [before + name]
        return list(dict.fromkeys(found))
