"""Definitions that a written file takes along: those its code names, and those they need themselves."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PARTS = Path(__file__).with_name("parts")


class Import(NamedTuple):
    """A name from a module; of no module: the name is one."""

    module: str
    name: str


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
    """The names that `code` uses, but for those behind a dot."""
    return frozenset(node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))


def imports(file: str, code: str) -> Iterator[Import]:
    """What a file of parts imports and `code` names."""
    used = names(code)
    for node in _tree(file).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            yield from (Import(module, _alias(name)) for name in node.names if (name.asname or name.name) in used)


def arranged(wanted: Iterable[Import]) -> str:
    """The lines that import: those of the standard library first, then an empty line and the others."""
    blocks: tuple[list[str], list[str]] = ([], [])
    found: dict[str, set[str]] = {}
    for one in wanted:
        found.setdefault(one.module, set()).add(one.name)
    lines = [f"import {name}" for name in sorted(found.pop("", set()))]
    lines += [f"from {module} import {', '.join(sorted(found[module]))}" for module in sorted(found)]
    for line in lines:
        module = line.split()[1].partition(".")[0]
        blocks[0 if module in sys.stdlib_module_names else 1].append(line)
    return "\n\n".join("\n".join(block) for block in blocks if block)


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
