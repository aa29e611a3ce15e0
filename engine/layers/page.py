"""The page docs/layers.md, made from the declarations: `python -m engine.layers.page > docs/layers.md`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

from engine.declare import Axes, Field, Range, Record, fields_of, name_of
from engine.layers import CATALOGUE, FAMILIES, Layer

HEAD = """# The layers

Made from the declarations in `engine/layers/` by `python -m engine.layers.page > docs/layers.md`; do not edit it.

Shapes have no batch axis; images are channels, height, width (C, H, W), sequences steps and features (T, F); `*` is any
number of axes. One number where several are taken stands for all of them. A field that is left out has its default.
"""


def page() -> str:
    """The whole page in Markdown."""
    layers = [kind for _, kind in CATALOGUE.items() if issubclass(kind, Layer) and kind.FAMILY in FAMILIES]
    families = {family: [kind for kind in layers if family == kind.FAMILY] for family in FAMILIES}
    parts = (line for family, kinds in families.items() if kinds for line in _family(family, kinds))
    return "\n".join((HEAD, *parts))


def _family(family: str, kinds: list[type[Layer]]) -> Iterator[str]:
    yield f"## {family.capitalize()}\n"
    for kind in kinds:
        yield from _layer(kind)


def _layer(kind: type[Layer]) -> Iterator[str]:
    yield f"### {kind.__name__}\n"
    yield f"`{name_of(kind)} {{ }}` · inputs: {_inputs(kind)}\n"
    yield (inspect.getdoc(kind) or "").replace("*", r"\*") + "\n"
    fields = fields_of(kind)
    if fields:
        yield "| field | takes | default | |\n| --- | --- | --- | --- |"
        yield from (_row(field) for field in fields)
        yield ""


def _inputs(kind: type[Layer]) -> str:
    names = (f"`{slot.name}`{' (any number)' if slot.many else ''}" for slot in kind.SLOTS)
    return ", ".join(names) or "none"


def _row(field: Field) -> str:
    name = field.family.name if field.family else f"`{field.spelling}`"
    cells = (name, _takes(field), _default(field.default), field.help)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_KINDS = {
    "int": "whole number",
    "float": "number",
    "bool": "`true` or `false`",
    "text": "text",
    "one_of": "`NAME { … }`",
}


def _takes(field: Field) -> str:
    kind = ", ".join(f"`{choice}`" for choice in field.choices) or _KINDS[field.kind]
    if field.repeated:
        kind = _counted(field.axes, kind) if field.axes else f"{kind}s"
    return kind + (_bounds(field.range) if field.range else "")


def _counted(axes: Axes, kind: str) -> str:
    """`1, 2 or 4 whole numbers`."""
    *few, most = sorted({1, axes.count // axes.repeats, axes.count})
    return f"{', '.join(map(str, few))} or {most} {kind}s" if few else kind


def _bounds(range: Range) -> str:
    bounds = (("≥", range.low), (">", range.above), ("≤", range.high), ("<", range.below))
    return ",".join(f" {sign} {bound:g}" for sign, bound in bounds if bound is not None)


def _default(value: Any) -> str:
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    if isinstance(value, Record):
        value = f"{name_of(value)} {{ }}"
    if value in (None, (), ""):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(page())
