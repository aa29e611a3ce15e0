"""The paths in a model, seen from another folder: what is saved elsewhere still finds its data and weights."""

from __future__ import annotations

import os.path
from dataclasses import replace
from pathlib import Path

from engine.data.places import BUNDLED
from engine.data.spec import Source
from engine.model import Model
from engine.opening import GALLERY


def relocated(model: Model, old: Path, new: Path) -> Model:
    """`model` with its relative paths, so far seen from the folder `old`, seen from `new`."""
    if old.absolute() == new.absolute():
        return model
    start = model.recipe.start
    recipe = model.recipe
    if start is not None:
        recipe = replace(recipe, start=replace(start, weights=_seen_from(new, old, start.weights)))
    sources = tuple(_source(source, old, new) for source in model.data.sources)
    weights = _seen_from(new, old, model.weights)
    return replace(model, weights=weights, recipe=recipe, data=replace(model.data, sources=sources))


def _source(source: Source, old: Path, new: Path) -> Source:
    paths = {name: _seen_from(new, old, getattr(source.rule, name)) for name in source.rule.PATHS}
    return replace(source, rule=replace(source.rule, **paths))


def _seen_from(new: Path, old: Path, path: str) -> str:
    if not path or path.startswith((BUNDLED, GALLERY)) or Path(path).is_absolute():
        return path
    place = (old / path).absolute()
    try:
        return Path(os.path.relpath(place, new.absolute())).as_posix()
    except ValueError:  # another drive
        return str(place)
