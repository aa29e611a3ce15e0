"""Begins a run: everything is checked, then its folder is made with all that is needed to train and to repeat it."""

from __future__ import annotations

import platform
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.balance import balanced
from engine.data.dataset import Data, open_data
from engine.errors import SchemaError
from engine.model import Model
from engine.opening import Opened
from engine.report import report_of
from engine.schema.files import save
from engine.training.planning import Wishes, check
from engine.training.runs import Run, is_run
from engine.training.start import place_of
from engine.version import version

if TYPE_CHECKING:
    from engine.training.recipe import Recipe


@dataclass(frozen=True)
class Changes:
    """What the person who starts a training changes in its recipe; None: nothing."""

    epochs: int | None = None
    batch_size: int | None = None
    seed: int | None = None
    precision: str | None = None

    def apply(self, recipe: Recipe) -> Recipe:
        """The recipe as it is used. Raises FieldError."""
        given: dict[str, Any] = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(recipe, **given, steps=recipe.steps if self.epochs is None else 0)


def begin(opened: Opened, changes: Changes, wishes: Wishes, place: Path, *, is_folder: bool) -> tuple[Run, Data]:
    """A new run, not yet trained: in the folder `place`, or at `place` itself. Raises what keeps it from training."""
    model = replace(opened.model, recipe=changes.apply(opened.model.recipe))
    refuse_errors(model, opened)
    check(wishes)
    model, data = balanced(model, open_data(model.data, model.network, opened.base, wishes.subset))
    model = at_home_anywhere(model, opened, data)
    run = Run.create_in(place, model.name or opened.path.stem) if is_folder else Run.create(place)
    save(model, run.model)
    run.write("labels.json", data.labels)
    run.write("environment.json", environment(opened, model, wishes, data))
    return run, data


def refuse_errors(model: Model, opened: Opened) -> None:
    """Raises SchemaError with all errors of a model that cannot run."""
    errors = tuple(problem for problem in report_of(model).problems if problem.severity == "error")
    if errors:
        raise SchemaError(errors, file=str(opened.path))


def at_home_anywhere(model: Model, opened: Opened, data: Data) -> Model:
    """The model with absolute paths and all that was found in the data written down."""
    start = model.recipe.start
    if is_run(opened.base) and opened.weights and opened.weights.is_relative_to(opened.base):
        start = None  # a run that begins from another's weights does not go back to what that one started from
    elif start is not None and start.weights:
        start = replace(start, weights=str(place_of(start.weights, opened.base)))
    return replace(
        model,
        data=data.spec,
        recipe=replace(model.recipe, start=start),
        weights=str(opened.weights.absolute()) if opened.weights else "",
    )


def environment(opened: Opened, model: Model, wishes: Wishes, data: Data) -> dict[str, Any]:
    """What the run depends on besides its model. The plan is added when it is fixed."""
    return {
        "netwright": version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "model": str(opened.path.absolute()),
        "seed": model.recipe.seed,
        "wishes": asdict(wishes),
        "data": data.fingerprint,
    }
