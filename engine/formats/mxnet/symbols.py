"""The JSON in which MXNet saves a symbol, of all versions: operators in order, and what feeds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.errors import Unreadable

LARGEST = 32 * 2**20
"""Bytes of a file; the largest known network takes two million."""
HIDDEN = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage")
"""What MXNet before 1.0 wrote without the underscores that it has today (`src/nnvm/legacy_json_util.cc`)."""
RATES = ("_lr_mult", "_wd_mult")


@dataclass(frozen=True)
class Entry:
    """An operator, or a variable (kind `null`): its settings, and where its inputs come from: entry and output."""

    kind: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    """Settings between underscores (`__shape__`), which are the user's and not the operator's."""
    inputs: tuple[tuple[int, int], ...] = ()
    text: str = ""

    @property
    def is_variable(self) -> bool:
        """Whether its values come from outside."""
        return self.kind == "null"


@dataclass(frozen=True)
class Symbol:
    """Entries in an order in which each comes after all that feed it, and the outputs: entry and output."""

    entries: tuple[Entry, ...]
    heads: tuple[tuple[int, int], ...]


def symbol_of(data: bytes, path: Path) -> Symbol:
    """A symbol in a file's bytes. Raises Unreadable."""
    file = str(path)
    if len(data) > LARGEST:
        raise Unreadable(f"is larger than the {LARGEST // 2**20} MB that a symbol may take", file=file)
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not text: byte {error.start} is no UTF-8", file=file) from None
    except RecursionError:
        raise Unreadable("is nested too deep", file=file) from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg}", file=file, line=error.lineno, column=error.colno) from None
    except ValueError as error:  # a number of thousands of digits
        raise Unreadable(f"is not JSON: {error}", file=file) from None
    nodes = whole.get("nodes") if isinstance(whole, dict) else None
    if not isinstance(nodes, list):
        raise Unreadable("is no symbol of MXNet: it has no list of nodes", file=file)
    if not nodes:
        raise Unreadable("is a symbol without nodes", file=file)
    entries = _with_rates([_entry(node, place, file) for place, node in enumerate(nodes)])
    heads = _sources(whole.get("heads", []), len(entries), "heads", file) or ((len(entries) - 1, 0),)
    return Symbol(entries, heads)


def _entry(node: Any, place: int, file: str) -> Entry:
    where = f"node {place}"
    if not isinstance(node, dict) or not isinstance(node.get("op"), str) or not isinstance(node.get("name"), str):
        raise Unreadable(f"{where} has no op and name", file=file)
    said: dict[str, str] = {}
    for key in ("param", "attr", "attrs"):  # MXNet 0.x wrote `param` and `attr`, 1.x writes `attrs`
        group = node.get(key, {})
        if not isinstance(group, dict):
            raise Unreadable(f"{where} ({node['name']}): {key} is no list of settings", file=file)
        said |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in group.items()}
    said = {f"__{name}__" if name in HIDDEN else name: value for name, value in said.items()}
    marks = {name: value for name, value in said.items() if name.startswith("__") and name.endswith("__")}
    settings = {name: value for name, value in said.items() if name not in marks}
    inputs = _sources(node.get("inputs", []), place, f"{where} ({node['name']})", file)
    return Entry(node["op"], node["name"], settings, marks, inputs, json.dumps(node))


def _with_rates(entries: list[Entry]) -> tuple[Entry, ...]:
    """With factors that stand at an operator, `weight_lr_mult`, at the variables that they are meant for."""
    for entry in entries[:]:
        for name in [name for name in entry.settings if name.endswith(RATES)]:
            mark = next(rate for rate in RATES if name.endswith(rate))
            for place, _ in () if entry.is_variable else entry.inputs:
                given = entries[place]
                if given.is_variable and given.name == f"{entry.name}_{name.removesuffix(mark)}":
                    marks = {f"__{mark.strip('_')}__": entry.settings[name], **given.marks}
                    entries[place] = replace(given, marks=marks)
    kept = ({name: value for name, value in entry.settings.items() if not name.endswith(RATES)} for entry in entries)
    return tuple(replace(entry, settings=settings) for entry, settings in zip(entries, kept, strict=True))


def _sources(listed: Any, before: int, where: str, file: str) -> tuple[tuple[int, int], ...]:
    """Pairs of entry and output; what feeds a node stands before it."""
    if not isinstance(listed, list):
        raise Unreadable(f"{where}: its inputs are no list", file=file)
    return tuple(_source(pair, before, where, file) for pair in listed)


def _source(pair: Any, before: int, where: str, file: str) -> tuple[int, int]:
    if not isinstance(pair, list) or len(pair) < 2 or not all(type(number) is int for number in pair[:2]):
        raise Unreadable(f"{where}: {str(pair)[:40]} is no node and output", file=file)
    node, output = pair[:2]
    if not (0 <= node < before and 0 <= output < 1024):
        raise Unreadable(f"{where} is fed by node {node}, which does not stand before it", file=file)
    return node, output
