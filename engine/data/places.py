"""Where data lie: paths relative to the schema file, or `bundled:NAME`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import resources
from engine.data.spec import DataSpec, Source, SourceRule
from engine.errors import DataError, Problem

BUNDLED = "bundled:"


def found(base: Path, path: str) -> Path:
    """The file or folder that `path` names, seen from the folder `base`. Raises DataError where there is none."""
    if not path:
        raise DataError((Problem("a source has no path", hint='add path: "…"'),))
    place = resources.path("data", path.removeprefix(BUNDLED)) if path.startswith(BUNDLED) else base / path
    if not place.exists():
        raise DataError((Problem(f"there is no {place}", hint="paths are relative to the schema file"),))
    return place


def located(spec: DataSpec, base: Path) -> DataSpec:
    """`spec` with absolute paths; what is bundled stays so."""
    return replace(spec, sources=tuple(_located(source, base) for source in spec.sources))


def _located(source: Source, base: Path) -> Source:
    paths = {name: _absolute(base, getattr(source.rule, name)) for name in source.rule.PATHS}
    return replace(source, rule=replace(source.rule, **paths))


def _absolute(base: Path, path: str) -> str:
    return path if not path or path.startswith(BUNDLED) else str((base / path).absolute())


def file_of(spec: DataSpec) -> str:
    """The file or folder that all rows come from, as a message calls it; empty where there are several sources."""
    return Path(name_of_file(spec.sources[0].rule)).name if len(spec.sources) == 1 else ""


def name_of_file(rule: SourceRule) -> str:
    """How a source is called in a message."""
    return next((name for field in rule.PATHS if (name := getattr(rule, field))), "the source")
