"""How long an epoch and the rest of a training take, from the steps and validations that have been timed."""

from __future__ import annotations

from dataclasses import dataclass, field

WARM_UP = 3
"""Steps that are not timed: the first ones make room, compile, fill caches."""
SHARE = 1 / 3
"""What a sample costs in a validation, as a share of what it costs in a step, until one has been timed."""


@dataclass
class Forecast:
    """Seconds to come, if all goes on as it did since the process began; a training that stops early takes less."""

    total: int
    """Steps of the whole training."""
    per_epoch: int
    """Steps of an epoch."""
    every: int
    """Steps from one validation to the next; the last step is followed by one too."""
    validated: float
    """Samples of the validation part, in steps."""
    _steps: int = 0
    _begun: float = 0.0
    _seconds: float = 0.0
    _validations: list[float] = field(default_factory=list)

    def step(self, seconds: float) -> None:
        """One more step is done; all of them together have taken so many seconds."""
        self._steps += 1
        if self._steps <= WARM_UP:
            self._begun = seconds
        self._seconds = seconds

    def validation(self, seconds: float) -> None:
        """A validation took so long."""
        self._validations.append(seconds)

    def epoch(self) -> float | None:
        """Seconds an epoch with its validations; None while too few steps were timed."""
        step = self._a_step()
        if step is None:
            return None
        return self.per_epoch * step + self.per_epoch / self.every * self._a_validation(step)

    def left(self, at: int) -> float | None:
        """Seconds from after the step `at` to the end; None while too few steps were timed."""
        step = self._a_step()
        if step is None:
            return None
        return (self.total - at) * step + self._validations_from(at) * self._a_validation(step)

    def _a_step(self) -> float | None:
        timed = self._steps - WARM_UP
        return (self._seconds - self._begun) / timed if timed > 0 else None

    def _a_validation(self, step: float) -> float:
        timed = self._validations
        return sum(timed) / len(timed) if timed else SHARE * self.validated * step

    def _validations_from(self, at: int) -> int:
        """How many are yet to come."""
        return self.total // self.every - at // self.every + (self.total % self.every > 0 and at < self.total)
