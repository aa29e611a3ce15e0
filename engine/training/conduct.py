"""Trains a run from where it stands to its end: fixes the plan, builds the program, keeps the events, draws plots."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace

from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan, Program
from engine.data.dataset import Data, open_data
from engine.data.leaks import leaks
from engine.data.unseen import unseen
from engine.errors import DataError, NetwrightError, Problem, RunError
from engine.model import Model
from engine.opening import open_model
from engine.report import report_of
from engine.training import planning
from engine.training.findings import save_findings
from engine.training.gauges import gauges_of, watched_outputs
from engine.training.journal import Journal
from engine.training.loop import Job, train
from engine.training.messages import Failed, Finished, Message, to_json
from engine.training.planning import Trial, Wishes
from engine.training.runs import Run
from engine.training.start import take_first_weights
from engine.training.steering import Commands, nobody
from engine.training.trial import measure


def conduct(run: Run, data: Data | None = None, commands: Callable[[], Commands] = nobody) -> Iterator[Message]:
    """Trains `run`; what it tells is also written into its folder. `data` are its data where they are open already.

    Commands come from the run's folder and from `commands`. Raises RunError when another process trains it; any other
    error is told as Failed first.
    """
    with run.hold():
        events = run.events
        events.mend()
        written = Journal.from_now_on(run.path / "commands.jsonl")
        try:
            for message in _messages(run, data, lambda: (*written.new(), *commands())):
                events.append(to_json(message))
                yield message
        except Exception as error:
            with contextlib.suppress(RunError):  # the reason may be that nothing more can be written
                events.append(to_json(_failure(error)))
            raise


def _messages(run: Run, data: Data | None, commands: Callable[[], Commands]) -> Iterator[Message]:
    model = executed(open_model(run.model).model)
    wishes = Wishes(**run.environment["wishes"])
    data = data or _same_data(run, model, wishes)
    plan, notices = _plan(run, model, wishes, data)
    program = _program(model, plan)
    is_new = run.checkpoints.path("last") is None
    notices = (*data.problems, *notices, *(_first_notices(program, model, data) if is_new else ()))
    job = Job(model, program, data, run.checkpoints, commands, run.name, planning.as_data(plan), notices)
    for message in train(job):
        if isinstance(message, Finished):
            save_findings(run, job)
        yield message


def _first_notices(program: Program, model: Model, data: Data) -> tuple[Problem, ...]:
    """What is to be known of a training before its first step."""
    return (*take_first_weights(program, model), *unseen(data), *leaks(data))


def _same_data(run: Run, model: Model, wishes: Wishes) -> Data:
    data = open_data(model.data, model.network, run.path, wishes.subset)
    if data.fingerprint != run.environment["data"]:
        text = "the data are not those that this run began with"
        raise DataError((Problem(text, hint="begin a new run, or bring the old data back"),), file=str(run.path))
    return data


def _plan(run: Run, model: Model, wishes: Wishes, data: Data) -> tuple[Plan, tuple[Problem, ...]]:
    """The plan that was fixed when the run began; the first time it is fixed now."""
    environment = dict(run.environment)
    if "plan" in environment:
        plan = Plan(**environment["plan"])
        planning.set_threads(plan.threads)
        return plan, _other_versions(environment["versions"], _versions(plan))
    trials = _trials(run, model, wishes, data)
    plan = trials[0].plan
    planning.set_threads(plan.threads)
    plan = replace(plan, device=planning.device_for(plan.backend, plan.device))
    told = {"trials": [asdict(trial) for trial in trials]} if len(trials) > 1 else {}
    run.write("environment.json", environment | {"plan": planning.as_data(plan), "versions": _versions(plan), **told})
    (run.path / "command.txt").write_text(planning.command(run.model, plan, wishes) + "\n", encoding="utf-8")
    return plan, _reasons(trials)


def _trials(run: Run, model: Model, wishes: Wishes, data: Data) -> tuple[Trial, ...]:
    """The plans that were tried, the best first; where trying would not pay, the one that is likely to be best."""
    recipe, samples = model.recipe, len(data.part("train"))
    size = recipe.batch_size * recipe.accumulate
    steps = recipe.steps or recipe.epochs * -(-samples // size)
    plans = planning.candidates(wishes, model.network, recipe.precision)
    trials: tuple[Trial, ...] = ()
    if planning.is_worth_measuring(plans, report_of(model).macs, steps * size):
        trials = measure(run.model, plans, wishes.subset, steps, planning.seconds_to_compile(model.network))
    return trials or (Trial(plans[0], 0.0),)


def _reasons(trials: tuple[Trial, ...]) -> tuple[Problem, ...]:
    """Why the first was chosen, where there was a choice."""
    if len(trials) < 2:
        return ()
    measured = [f"{planning.in_words(trial.plan)}: {1000 * trial.seconds:.3g} ms a step" for trial in trials]
    return (Problem(f"measured and chosen: {measured[0]}; not {'; '.join(measured[1:])}", "notice"),)


def _versions(plan: Plan) -> dict[str, str]:
    import numpy as np

    return {"numpy": np.__version__, **backend(plan.backend).versions()}


def _other_versions(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Problem, ...]:
    changed = [
        f"{name} {before.get(name, '?')} → {version}" for name, version in now.items() if before.get(name) != version
    ]
    text = f"not the versions that this run began with, so the last digits may differ: {', '.join(changed)}"
    return (Problem(text, "warning"),) if changed else ()


def _program(model: Model, plan: Plan) -> Program:
    outputs = watched_outputs(gauges_of(model.network, model.recipe))
    return backend(plan.backend).build(model.network, model.recipe, plan, None, outputs)


def _failure(error: Exception) -> Failed:
    import time

    if isinstance(error, NetwrightError):
        return Failed(time.time(), str(error), error.node, error.hint)
    return Failed(time.time(), f"{type(error).__name__}: {error}")
