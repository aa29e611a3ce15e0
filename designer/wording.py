"""Declared fields in words: labels, values as text and back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from engine.declare import Field, fields_of
from engine.errors import FieldError

TIMES = " × "


def label(name: str) -> str:
    """`learning_rate` → `Learning rate`."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def title(cls: Any) -> str:
    """What an entry of a family is called on screen: its class's name, or what it is called in the schema."""
    spelled = str(vars(cls).get("SPELLING", ""))
    if not spelled:
        return str(cls.__name__)
    return spelled.upper() if len(spelled) < 4 else label(spelled)


def summary(cls: type[Any]) -> str:
    """The first line of a class's help."""
    return (cls.__doc__ or "").strip().partition("\n")[0]


def written(field: Field, value: Any) -> str:
    """A value as its editor shows it; numbers for several axes as `5 × 5`."""
    if value is None:
        return ""
    if not field.repeated:
        return _one(field, value)
    separator = TIMES if field.axes else ", "
    return separator.join(_one(field, item) for item in _folded(field, tuple(value)))


def parsed(field: Field, text: str) -> Any:
    """The value that `text` says. Raises FieldError in the words of the field."""
    text = text.strip()
    if not text and field.optional:
        return None
    read = _READ[field.kind]
    if not field.repeated:
        return field.accept(read(field, text))
    return field.accept(tuple(read(field, part) for part in re.split(r"[×x,;*\s]+", text) if part))


def fresh(cls: Any) -> Any:
    """A record with its defaults; what has none gets the first thing that fits."""
    return cls(**{field.name: _first(field) for field in fields_of(cls) if field.is_required})


def _first(field: Field) -> Any:
    if field.repeated:
        return ()
    if field.family is not None:
        return fresh(next(cls for _, cls in field.family.items()))
    return field.choices[0] if field.choices else field.type()


def _folded(field: Field, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Paddings are shown once where they are the same on all sides, without the ends where they are as the begins."""
    if field.nought and not any(values):
        return values[:1]
    if field.axes is None or field.axes.repeats == 1:
        return values
    half = values[: len(values) // field.axes.repeats]
    if half * field.axes.repeats != values:
        return values
    return half[:1] if len(set(half)) == 1 else half


def _one(field: Field, value: Any) -> str:
    if field.nought and value == 0:
        return field.nought
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def _whole(field: Field, text: str) -> Any:
    return _number(field, text, int, "a whole number")


def _real(field: Field, text: str) -> Any:
    return _number(field, text, float, "a number")


def _number(field: Field, text: str, read: Callable[[str], Any], what: str) -> Any:
    if field.nought and text == field.nought:
        return read("0")
    try:
        return read(text)
    except ValueError:
        raise FieldError(f"{field.spelling} must be {what}, not {text!r}", field=field.name) from None


def _coded(field: Field, text: str) -> Any:
    return field.type.parse(text)


def _text(field: Field, text: str) -> Any:
    return text


_READ: dict[str, Callable[[Field, str], Any]] = {
    "int": _whole,
    "float": _real,
    "text": _text,
    "comment": _text,
    "choice": _text,
    "coded": _coded,
}


def help_page(cls: Any) -> str:
    """All that is declared of a class, as a page of HTML."""
    rows = "".join(
        f"<tr><td style='padding-right:16px'><b>{field.spelling}</b></td><td>{field.help}{_default(field)}</td></tr>"
        for field in fields_of(cls)
    )
    paragraphs = "".join(f"<p>{part}</p>" for part in (cls.__doc__ or "").strip().split("\n\n"))
    return f"<h3>{cls.__name__}</h3>{paragraphs}<table cellspacing='6'>{rows}</table>"


def _default(field: Field) -> str:
    plain = field.kind not in ("message", "one_of", "comment") and not field.is_required
    value = written(field, field.default) if plain else ""
    return f" <i>Default {value}.</i>" if value else ""
