"""The model a verb works on: with other data where `--data` says so, and the plan under which it is executed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.answers import WrongUsage
from engine.formats import NATIVE
from engine.schema.files import SUFFIX

if TYPE_CHECKING:
    from engine.backends.base import Plan
    from engine.data.spec import DataSpec
    from engine.opening import Opened


def with_data(opened: Opened, data: str) -> Opened:
    """`opened` with the data section of the schema file `data`, or a file or folder in place of its one source.

    Other programs' files name data of their own kinds: there a file or folder takes the place of all.
    """
    if not data:
        return opened
    path = Path(data)
    if opened.format != NATIVE and path.suffix != SUFFIX:
        from engine.data.sizing import instead

        return replace(opened, model=instead(opened.model, path.absolute()))
    spec = _section(path) if path.suffix == SUFFIX else _source(opened.model.data, path)
    return replace(opened, model=replace(opened.model, data=spec))


def _section(path: Path) -> DataSpec:
    from engine.data.places import located
    from engine.schema.files import load

    return located(load(path).model.data, path.parent)


def _source(spec: DataSpec, path: Path) -> DataSpec:
    if len(spec.sources) != 1 or spec.sources[0].rule.PATHS[0] != "path":
        raise WrongUsage(
            "--data takes the place of a model's one source, and this model has others",
            hint="give a schema file with a data section instead",
        )
    source = spec.sources[0]
    paths: dict[str, Any] = {"path": str(path.absolute())}
    return replace(spec, sources=(replace(source, rule=replace(source.rule, **paths)),))


def plan_for(opened: Opened, engine: str, device: str, threads: int) -> Plan:
    """How a model is executed where it does not learn: as its run was, unless something else is asked for."""
    from engine.backends import available
    from engine.backends.base import Plan
    from engine.prediction import ONNXRUNTIME
    from engine.training.planning import AUTO, FLOAT, Wishes, candidates, device_for, set_threads
    from engine.training.runs import Run, is_run

    if engine == ONNXRUNTIME:
        return Plan(ONNXRUNTIME, threads=threads)
    folder = opened.path.parent
    kept = Run(folder).environment.get("plan") if is_run(folder) else None
    wishes = Wishes(engine, device, threads=threads)
    if kept and engine in (AUTO, kept["backend"]) and kept["backend"] in available():
        plan = Plan(**(kept | {"compiled": False} | ({"threads": threads} if threads else {})))
    else:
        plan = candidates(wishes, opened.model.network, FLOAT)[0]
    set_threads(plan.threads)
    return replace(plan, device=device_for(plan.backend, device or plan.device))
