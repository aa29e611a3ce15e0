"""The learning rate at every step: base rate, warm-up and schedule of a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from engine.training.schedules import ScheduleRule


@dataclass(frozen=True)
class Rates:
    """base · (step + 1) / warmup in the warm-up, then base · factor; units are steps, or whole epochs where `per` says.

    The warm-up rises with every step, whatever the unit of its length; its last step has the full rate.
    """

    rule: ScheduleRule
    total: int
    """Length of the training in steps."""
    per: int = 1
    """Steps in a unit: 1, or those of an epoch."""
    warmup: int = 0
    """Length of the warm-up in units."""

    def factor(self, step: int) -> float:
        """The factor on the base rate for the step that has `step` steps before it."""
        rising = self.warmup * self.per
        if step < rising:
            return (step + 1) / rising
        units = -(-self.total // self.per)
        return self.rule.factor(step // self.per - self.warmup, max(1, units - self.warmup))
