"""Definitions that a written file takes along: those its code names, and those they need themselves."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PARTS = Path(__file__).with_name("parts")
IMPORTED = ("__future__", "collections", "csv", "dataclasses", "functools", "gzip", "hashlib", "json", "math", "pathlib")
"""The standard library's modules that parts and what is written use; the others stand in a block of their own."""


@dataclass(frozen=True)
class Part:
    """A definition, as it is written, and the names it uses."""

    name: str
    text: str
    uses: frozenset[str]


def definitions(file: str) -> frozenset[str]:
    """The names that a file of parts defines."""
    return frozenset(_parts(file))


def taken(file: str, code: str) -> tuple[Part, ...]:
    """The definitions of a file of parts that `code` needs, in the file's order."""
    parts = _parts(file)
    wanted: set[str] = set()
    waiting = [name for name in parts if name in names(code)]
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [used for used in parts[name].uses if used in parts]
    return tuple(part for name, part in parts.items() if name in wanted)


def names(code: str) -> frozenset[str]:
    """The names that stand in `code`."""
    return frozenset(re.findall(r"[A-Za-z_]\w*", code))


def imports(file: str, code: str) -> Iterator[str]:
    """The lines of a file of parts that import what `code` names, in their order."""
    used = names(code)
    for node in _tree(file).body:
        if isinstance(node, ast.Import):
            yield from (f"import {_alias(name)}" for name in node.names if (name.asname or name.name) in used)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            kept = [_alias(name) for name in node.names if (name.asname or name.name) in used]
            if kept:
                yield f"from {node.module} import {', '.join(kept)}"


def arranged(lines: Iterable[str]) -> str:
    """Lines that import: those of the standard library first, then an empty line and the others, each once."""
    blocks: tuple[list[str], list[str]] = ([], [])
    for line in dict.fromkeys(lines):
        module = line.split()[1].partition(".")[0]
        blocks[0 if module in IMPORTED else 1].append(line)
    return "\n\n".join("\n".join(sorted(block, key=_order)) for block in blocks if block)


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def _alias(name: ast.alias) -> str:
    return f"{name.name} as {name.asname}" if name.asname else name.name


@functools.cache
def _parts(file: str) -> dict[str, Part]:
    text = _text(file)
    lines = text.split("\n")
    found: dict[str, Part] = {}
    for node in _tree(file).body:
        name = _defined(node)
        if name:
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            piece = "\n".join(lines[first - 1 : node.end_lineno])
            found[name] = Part(name, piece, names(piece))
    return found


def _defined(node: ast.stmt) -> str:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


@functools.cache
def _tree(file: str) -> ast.Module:
    return ast.parse(_text(file))


@functools.cache
def _text(file: str) -> str:
    return (PARTS / file).read_text(encoding="utf-8").replace("  # noqa: N812 - as everywhere", "")
