"""Measures plans on the user's own network and data, each engine in a process of its own.

So the engine that is chosen then trains in a process that never loaded the other, and nothing that was measured has
left a trace in it: its memory is given back when its process ends. A plan that does not run here is left out.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import engine
from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan, Program
from engine.data.dataset import Data, open_data
from engine.model import Model
from engine.opening import open_model
from engine.training.planning import Trial, as_data, device_for


@dataclass(frozen=True)
class Effort:
    """What is measured of a plan: so many steps, or as many as are taken in so long."""

    steps: int
    seconds: float


WARM_UP = Effort(3, 2.0)
QUICK = Effort(8, 0.7)
LONG = Effort(40, 3.0)
FINALISTS = 2
"""Plans that are measured longer, after all were quickly."""
WORTH = 10
"""A plan is compiled where the training is predicted to take so many times as long as compiling it."""


def measure(
    model: Path, plans: Sequence[Plan], subset: float, steps: float = math.inf, compiling: float = 0.0
) -> tuple[Trial, ...]:
    """The plans that run here, the best for a training of `steps` first; `compiling` is what that may take, in seconds.

    Those that were only measured quickly, because others were faster, come last.
    """
    with Bench(model, subset) as bench:
        first = _fastest(bench.measured((plan for plan in plans if not plan.compiled), QUICK))
        best = _fastest(bench.measured([trial.plan for trial in first[:FINALISTS]], LONG))
        worth = [plan for plan in plans if plan.compiled and _is_worth_compiling(plan, best, steps, compiling)]
        best += bench.measured(worth, LONG)
    best.sort(key=lambda trial: trial.before / steps + trial.seconds)
    return (*best, *first[FINALISTS:])


def _fastest(trials: Iterable[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: trial.seconds)


def _is_worth_compiling(plan: Plan, tried: list[Trial], steps: float, compiling: float) -> bool:
    """Whether the training is long enough; and of several precisions only the one that is faster anyway."""
    if not tried:
        return True
    alike = [trial.plan.precision for trial in tried if trial.plan.backend == plan.backend]
    is_long = tried[0].seconds * steps > WORTH * compiling
    return is_long and plan.precision in (alike[:1] or [plan.precision])


class Bench:
    """Processes in which plans are measured, one for each engine, from when it is first needed to the end."""

    def __init__(self, model: Path, subset: float) -> None:
        self._request = json.dumps({"model": str(model), "subset": subset})
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            with contextlib.suppress(BrokenPipeError):
                process.communicate()

    def measured(self, plans: Iterable[Plan], effort: Effort) -> Iterator[Trial]:
        """What was measured of those that run here."""
        for plan in plans:
            answer = self._answer(plan, effort)
            if answer is not None:
                yield answer

    def _answer(self, plan: Plan, effort: Effort) -> Trial | None:
        process = self._process(plan)
        assert process.stdin
        assert process.stdout
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"plan": as_data(plan), "effort": asdict(effort)}) + "\n")
            process.stdin.flush()
        line = process.stdout.readline()
        if not line:  # it has died of this plan, for want of memory perhaps: the next one gets a new process
            del self._processes[plan.backend]
            process.communicate()
        found = json.loads(line or "{}")
        return Trial(Plan(**found["plan"]), found["seconds"], found["before"]) if found else None

    def _process(self, plan: Plan) -> subprocess.Popen[str]:
        if plan.backend not in self._processes:
            root = str(Path(engine.__file__).parent.parent)
            self._processes[plan.backend] = subprocess.Popen(
                [sys.executable, "-m", "engine.training.trial", self._request],
                env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": str(plan.threads)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._processes[plan.backend]


def serve(request: str) -> None:
    """Answers every line on stdin, which asks for a plan to be measured, with a line. The rest goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    asked = json.loads(request)
    opened = open_model(asked["model"])
    model = executed(opened.model)
    data = open_data(model.data, model.network, opened.base, asked["subset"])
    for line in sys.stdin:
        wanted = json.loads(line)
        trial = _tried(model, data, Plan(**wanted["plan"]), Effort(**wanted["effort"]))
        answers.write(json.dumps(asdict(trial) if trial else {}) + "\n")


def _tried(model: Model, data: Data, plan: Plan, effort: Effort) -> Trial | None:
    # Whatever keeps it from running, the framework's own errors too: there are other plans.
    with contextlib.suppress(Exception):
        plan = replace(plan, device=device_for(plan.backend, plan.device))
        begin = time.perf_counter()
        program = backend(plan.backend).build(model.network, model.recipe, plan)
        before = time.perf_counter() - begin if plan.compiled else 0.0  # building alone is the same for all
        _steps(program, model, data, WARM_UP)
        return Trial(plan, _steps(program, model, data, effort), before)
    return None


def _steps(program: Program, model: Model, data: Data, effort: Effort) -> float:
    """The seconds a step takes, over the first epoch, again and again: the median, for other programs disturb some."""
    recipe, part = model.recipe, data.part("train")
    size = recipe.batch_size * recipe.accumulate
    batches = itertools.chain.from_iterable(part.batches(size, recipe.seed) for _ in itertools.count())
    rate = recipe.optimizer.rule.learning_rate
    clock = time.perf_counter
    pending = program.train_step(next(batches), rate, 0)
    ends = [clock()]
    while len(ends) <= effort.steps and clock() - ends[0] < effort.seconds:
        behind, pending = pending, program.train_step(next(batches), rate, len(ends))
        behind.fetch()
        ends.append(clock())
    pending.fetch()
    return statistics.median(end - begin for begin, end in itertools.pairwise([*ends, clock()]))


if __name__ == "__main__":
    serve(sys.argv[1])
