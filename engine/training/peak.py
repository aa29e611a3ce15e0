"""The peak of a training's memory, from trial steps on its device: what does not show in the account of its tensors.

Each size of batch is tried in a process of its own, for a peak never falls. Two of them give a straight line, and that
says what other sizes take and which is the largest that fits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import engine
from engine.active import executed
from engine.backends import backend
from engine.backends.base import Plan
from engine.backends.graph import graph_of
from engine.data.dataset import open_data
from engine.errors import NetwrightError, RunError
from engine.memory import account_of
from engine.opening import Opened, open_model
from engine.training.planning import as_data, device_for

if TYPE_CHECKING:
    from engine.backends.base import Array
    from engine.layers.base import Shape

STEPS = 2
"""The second meets what the first has left."""
APART = 500e6
"""Bytes of activations between the two sizes, so that a framework's own ups and downs do not count."""


@dataclass(frozen=True)
class Peaks:
    """What was measured: bytes for no sample at all, and for each one more."""

    device: str
    base: float
    each: float

    def at(self, batch: int) -> int:
        """The peak of batches of this size."""
        return round(self.base + self.each * batch)

    def largest(self, limit: float) -> int:
        """The largest batch that fits into `limit` bytes; 0 where none does."""
        return max(0, int((limit - self.base) // self.each))


def peaks_of(model: Path | str, plan: Plan, limit: float) -> Peaks:
    """The peaks of training `model` under `plan`, with trials that should stay within `limit` bytes.

    Raises RunError with what a trial complained about, and NetwrightError where its samples have no shape yet.
    """
    few, many = _sizes(open_model(model), plan, limit)
    (device, least), (_, most) = (_tried(str(model), plan, size) for size in (few, many))
    each = max((most - least) / (many - few), 1.0)
    return Peaks(device, least - each * few, each)


def _sizes(opened: Opened, plan: Plan, limit: float) -> tuple[int, int]:
    """Two sizes of batch, far enough from each other, the larger one within the limit as far as the account tells."""
    shapes = {name: array.shape[1:] for name, array in _sample(opened).items()}
    one, two = (account_of(opened.model, size, plan.precision, shapes) for size in (1, 2))
    each = two.total - one.total
    apart = max(1, round(min(APART, limit / 4) / each))
    return max(1, apart // 3), max(1, apart // 3) + apart


def _sample(opened: Opened) -> Mapping[str, Array]:
    """One sample of the training part; where there are no data, one of the shapes that the inputs have."""
    model = executed(opened.model)
    if model.data.sources:
        data = open_data(model.data, model.network, opened.base)
        return next(iter(data.part("train").batches(1, model.recipe.seed)))
    sample: dict[str, Array] = {}
    for site in graph_of(model.network).inputs:
        signal = site.outputs[0]
        if any(axis < 0 for axis in signal.shape):
            raise NetwrightError("is of any length, and there are no data that would tell it", node=site.name)
        sample[site.name] = _noughts(signal.shape, is_index=signal.values == "index")
    return sample


def _noughts(shape: Shape, *, is_index: bool) -> Array:
    return np.zeros((1, *shape), np.int64 if is_index else np.float32)


def _tried(model: str, plan: Plan, batch: int) -> tuple[str, int]:
    """The device that was used and the peak, in a process of its own."""
    request = json.dumps({"model": model, "plan": as_data(plan), "batch": batch})
    root = str(Path(engine.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-m", "engine.training.peak", request],
        env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": str(plan.threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = next((line for line in done.stdout.splitlines() if line.startswith('{"device"')), None)
    if answer is None:
        reason = done.stderr.strip().rpartition("\n")[2] or f"its process ended with status {done.returncode}"
        raise RunError(f"a trial step with a batch of {batch} did not come to its end: {reason}")
    found = json.loads(answer)
    return found["device"], found["peak"]


def serve(request: str) -> None:
    """Takes the steps that `request` asks for and prints the peak."""
    asked = json.loads(request)
    opened = open_model(asked["model"])
    model = executed(opened.model)
    plan = Plan(**asked["plan"])
    plan = replace(plan, device=device_for(plan.backend, plan.device))
    recipe = model.recipe
    size = asked["batch"] * recipe.accumulate
    batch = {name: np.repeat(array, size, axis=0) for name, array in _sample(opened).items()}
    program = backend(plan.backend).build(model.network, recipe, plan)
    for step in range(STEPS):
        program.train_step(batch, recipe.optimizer.rule.learning_rate, step).fetch()
    peak = backend(plan.backend).peak_memory(plan.device)
    sys.stdout.write(json.dumps({"device": plan.device, "peak": peak}) + "\n")


if __name__ == "__main__":
    serve(sys.argv[1])
