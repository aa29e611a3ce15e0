"""How a record class is looked up while reading: which field, or which entry of a family, a name in the text means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from engine.declare import Field, Record, fields_of
from engine.schema.scalars import read_bool, read_float, read_int, read_text, read_word

_SCALARS: dict[str, Callable[[str], Any]] = {
    "int": read_int,
    "float": read_float,
    "bool": read_bool,
    "text": read_text,
    "choice": read_word,
}


class Known(NamedTuple):
    """What a name means: a field, and what reads its token (ValueError, FieldError) or the class of its message."""

    field: Field
    read: Callable[[str], Any] | None
    cls: type[Record] | None


@dataclass(frozen=True)
class Plan:
    """The fields of a record class by their spelling, and those that hold one entry of a family."""

    by_name: Mapping[str, Field]
    known: Mapping[str, Known]
    families: tuple[Field, ...]
    required: tuple[Field, ...]
    lists: tuple[str, ...]
    """Fields without a default that an empty list stands for."""
    note: str
    """The field that holds the comment; "" where there is none."""

    def find(self, name: str) -> Known | None:
        """What an entry `name` means."""
        known = self.known.get(name)
        if known is not None:
            return known
        for holder in self.families:
            cls = holder.family.get(name) if holder.family is not None else None
            if cls is not None:
                return Known(holder, None, cls)
        return None

    def names(self) -> Iterator[str]:
        """All names that an entry may have."""
        yield from self.known
        for holder in self.families:
            yield from holder.family or ()


def plan_of(cls: type[Record]) -> Plan:
    key: Any = cls  # mypy does not take a class that defines __hash__ for hashable
    return _plan_of(key)


@cache
def _plan_of(cls: Any) -> Plan:
    fields = fields_of(cls)
    return Plan(
        by_name={field.name: field for field in fields},
        known={field.spelling: _known(field) for field in fields if field.kind not in ("one_of", "comment")},
        families=tuple(field for field in fields if field.kind == "one_of"),
        required=tuple(field for field in fields if field.is_required and not field.repeated),
        lists=tuple(field.name for field in fields if field.is_required and field.repeated),
        note=next((field.name for field in fields if field.kind == "comment"), ""),
    )


def _known(field: Field) -> Known:
    if field.kind == "message":
        return Known(field, None, field.type)
    if field.kind == "coded":
        return Known(field, lambda token: field.type.parse(read_text(token)), None)
    return Known(field, _SCALARS[field.kind], None)
