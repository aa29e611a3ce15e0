"""Measures plans on the user's own network and data, each engine in a process of its own.

So the engine that is chosen then trains in a process that never loaded the other, and nothing that was measured has
left a trace in it. A plan that does not run here is left out.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import engine
from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan, Program
from engine.data.dataset import Data, open_data
from engine.errors import NetwrightError
from engine.model import Model
from engine.opening import open_model
from engine.training.planning import Trial, as_data, device_for

WARM_UP = 3
STEPS = 30
SECONDS = 2.0
"""What is measured of a plan: so many steps, or as many as are taken in so long."""


def measure(model: Path, plans: Iterable[Plan], subset: float) -> tuple[Trial, ...]:
    """The plans that run here, the fastest first."""
    trials: list[Trial] = []
    for _, group in itertools.groupby(plans, key=lambda plan: plan.backend):
        trials += _measured_apart(model, list(group), subset)
    return tuple(sorted(trials, key=lambda trial: trial.seconds))


def _measured_apart(model: Path, plans: list[Plan], subset: float) -> list[Trial]:
    request = json.dumps({"model": str(model), "subset": subset, "plans": [as_data(plan) for plan in plans]})
    root = str(Path(engine.__file__).parent.parent)
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": str(plans[0].threads)}
    done = subprocess.run(
        [sys.executable, "-m", "engine.training.trial", request],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"plan"')]
    return [Trial(Plan(**trial["plan"]), trial["seconds"]) for trial in found]


def try_all(request: str) -> None:
    """Prints a line of JSON for each plan of `request` that runs here."""
    asked = json.loads(request)
    opened = open_model(asked["model"])
    model = executed(opened.model)
    data = open_data(model.data, model.network, opened.base, asked["subset"])
    for plan in (Plan(**plan) for plan in asked["plans"]):
        with contextlib.suppress(NetwrightError):
            plan = replace(plan, device=device_for(plan.backend, plan.device))
            seconds = _seconds_a_step(model, data, plan)
            sys.stdout.write(json.dumps({"plan": as_data(plan), "seconds": seconds}) + "\n")


def _seconds_a_step(model: Model, data: Data, plan: Plan) -> float:
    program = backend(plan.backend).build(model.network, model.recipe, plan)
    _steps(program, model, data, WARM_UP, SECONDS)
    taken, seconds = _steps(program, model, data, STEPS, SECONDS)
    return seconds / taken


def _steps(program: Program, model: Model, data: Data, most: int, seconds: float) -> tuple[int, float]:
    """Takes steps over the first epoch, again and again; how many, and how long it took."""
    recipe, part = model.recipe, data.part("train")
    size = recipe.batch_size * recipe.accumulate
    batches = itertools.chain.from_iterable(part.batches(size, recipe.seed) for _ in itertools.count())
    rate = recipe.optimizer.rule.learning_rate
    begin = time.perf_counter()
    pending = [program.train_step(next(batches), rate, 0)]
    taken = 1
    while taken < most and time.perf_counter() - begin < seconds:
        pending.append(program.train_step(next(batches), rate, taken))
        pending.pop(0).fetch()
        taken += 1
    pending[0].fetch()
    return taken, time.perf_counter() - begin


if __name__ == "__main__":
    try_all(sys.argv[1])
