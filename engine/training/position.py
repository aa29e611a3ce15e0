"""Where a training stands: all that its next steps depend on besides weights, optimiser state, seed and data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.training.gauges import Tally
from engine.training.messages import Numbers


@dataclass
class Position:
    """What a checkpoint keeps in plain numbers, so that a training goes on as if it had never stopped."""

    base_rate: float
    tally: Tally
    """Sums since the beginning of the epoch."""
    step: int = 0
    train: Numbers = field(default_factory=dict)
    validation: Numbers = field(default_factory=dict)
    """The latest means."""
    best: dict[str, float] = field(default_factory=dict)
    waited: int = 0
    """Validations since the best."""
    lowered: float = 1.0
    """What the schedule has made of these: a further factor on the learning rate."""

    def judge(self, watched: str, epoch: float, rises: bool) -> bool:
        """Whether the latest means are the best in `watched`, of which more is better or less.

        Otherwise one more was waited for.
        """
        part, _, name = watched.partition("_")
        means = self.validation if part == "validation" else self.train
        value = means.get(name, math.nan)
        before = self.best.get(watched)
        is_best = not math.isnan(value) and (before is None or (value > before if rises else value < before))
        self.waited = 0 if is_best else self.waited + 1
        if is_best:
            self.best = {"epoch": epoch, "step": self.step, watched: value, **means}
        return is_best

    def state(self) -> dict[str, Any]:
        """All of it, in plain numbers."""
        return {**vars(self), "tally": self.tally.state()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Takes the place that `state` tells."""
        self.tally.load(state["tally"])
        for name in state.keys() - {"tally"}:
            setattr(self, name, state[name])
