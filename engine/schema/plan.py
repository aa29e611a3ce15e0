"""How a record class is looked up while reading: which field, or which entry of a family, a name in the text means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from engine.declare import Field, Record, fields_of


@dataclass(frozen=True)
class Plan:
    """The fields of a record class by their spelling, and those that hold one entry of a family."""

    by_name: Mapping[str, Field]
    fields: Mapping[str, Field]
    families: tuple[Field, ...]
    required: tuple[Field, ...]
    lists: tuple[str, ...]
    """Fields without a default that an empty list stands for."""
    note: str
    """The field that holds the comment; "" where there is none."""

    def find(self, name: str) -> tuple[Field, type[Record] | None] | None:
        """The field that is written `name`, and the class where it holds one of several."""
        field = self.fields.get(name)
        if field is not None:
            return field, None
        for holder in self.families:
            cls = holder.family.get(name) if holder.family is not None else None
            if cls is not None:
                return holder, cls
        return None

    def names(self) -> Iterator[str]:
        """All names that an entry may have."""
        yield from self.fields
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
        fields={field.spelling: field for field in fields if field.kind not in ("one_of", "comment")},
        families=tuple(field for field in fields if field.kind == "one_of"),
        required=tuple(field for field in fields if field.is_required and not field.repeated),
        lists=tuple(field.name for field in fields if field.is_required and field.repeated),
        note=next((field.name for field in fields if field.kind == "comment"), ""),
    )
