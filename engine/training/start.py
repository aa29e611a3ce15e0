"""First weights that come from elsewhere: a run, a safetensors file, or a model that names its weights."""

from __future__ import annotations

from pathlib import Path

import resources
from engine.backends.base import Program
from engine.errors import NetwrightError, Problem, Unreadable
from engine.model import Model
from engine.opening import BUNDLED, GALLERY, open_model
from engine.schema.files import SUFFIX
from engine.training.runs import Run, is_run
from engine.weights import fitting, read_weights


def place_of(start: str, base: Path) -> Path:
    """The run's folder or the safetensors file that `start` names, seen from the folder `base`. Raises Unreadable."""
    if start.startswith(GALLERY):
        return _named_by(start)
    place = resources.path("data", start.removeprefix(BUNDLED)) if start.startswith(BUNDLED) else base / start
    if not place.exists():
        hint = f"a run's folder, a safetensors file, a model with weights or {GALLERY}NAME, relative to the model"
        raise Unreadable("is not there, and the training is to start from it", file=str(place), hint=hint)
    return _named_by(place) if place.suffix == SUFFIX else place.absolute()


def _named_by(source: str | Path) -> Path:
    """The weights of a model, which open with it."""
    weights = open_model(source).weights
    if weights is None or not weights.is_file():
        raise Unreadable("has no weights to start from", file=str(source))
    return weights.absolute()


def take_first_weights(program: Program, model: Model) -> tuple[Problem, ...]:
    """Takes what fits of the weights that the model, then its recipe names; warnings tell what does not."""
    start = model.recipe.start.weights if model.recipe.start else ""
    notices: tuple[Problem, ...] = ()
    for place in map(Path, filter(None, (model.weights, start))):
        path = Run(place).weights() if is_run(place) else place
        drawn = program.weights()
        fit, unlike = fitting(read_weights(path), drawn, path.name)
        if not fit:
            raise NetwrightError("holds no weight that this network has", file=str(path))
        program.load_weights(drawn | fit)
        notices += unlike
    return notices
