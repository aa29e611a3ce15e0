"""Guesses a data spec from a file or folder that somebody chose, and what feeds which node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.matching import feeds_for
from engine.data.preview import preview
from engine.data.recognition import rule_of
from engine.data.sources import Text
from engine.data.spec import DataSpec, Feed, Part, Source, SourceRule, Split
from engine.data.wants import wants_of
from engine.network import Network

PARTS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
"""What folders are called that hold a part of the data each."""


def suggest_spec(path: Path | str, network: Network | None = None) -> DataSpec:
    """A data spec for a file or folder, told by its content; for `network` with feeds. Raises DataError."""
    sources = _sources(Path(path).absolute())
    if network and _is_gray(network):
        sources = tuple(replace(source, rule=_in_gray(source.rule)) for source in sources)
    spec = DataSpec(sources=sources)
    views = preview(spec, count=1).columns
    feeds: tuple[Feed, ...] = feeds_for(network, views) if network else ()
    if any(source.part == "validation" for source in sources):
        return replace(spec, feeds=feeds)
    is_text = isinstance(sources[0].rule, Text)
    has_classes = not is_text and any(view.look in ("classes", "indices") for view in views)
    return replace(spec, split=Split(validation=0.2, stratified=has_classes), feeds=feeds)


def _sources(path: Path) -> tuple[Source, ...]:
    """One, or for a folder that holds the parts in folders of their own one for each of these."""
    inside = sorted(path.iterdir()) if path.is_dir() else []
    parts = {folder: PARTS[folder.name] for folder in inside if folder.is_dir() and folder.name in PARTS}
    if "train" not in parts.values():
        return (Source(rule_of(path)),)
    order = sorted(parts.items(), key=lambda item: (*PARTS.values(),).index(item[1]))
    return tuple(Source(rule_of(folder), part=part) for folder, part in order)


def _in_gray(rule: SourceRule) -> SourceRule:
    gray: dict[str, Any] = {"mode": "gray"}
    return replace(rule, **gray) if hasattr(rule, "mode") else rule


def _is_gray(network: Network) -> bool:
    shapes = [want.signal.shape for want in wants_of(network).values() if len(want.signal.shape) == 3]
    return bool(shapes) and all(shape[0] == 1 for shape in shapes)
