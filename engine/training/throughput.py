"""Samples a second, not counting what is no training: validation, checkpoints, pauses."""

from __future__ import annotations

from collections.abc import Callable


class Throughput:
    """Counts samples while it runs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: float | None = None
        self._seconds = 0.0
        self._samples = 0
        self._lately = (0.0, 0)

    def start(self) -> None:
        """From now on time counts."""
        self._since = self._clock()

    def stop(self) -> None:
        """Time does not count until `start`."""
        self._seconds = self.seconds()
        self._since = None

    def count(self, samples: int) -> None:
        """These are done."""
        self._samples += samples

    def lately(self) -> float:
        """Samples a second since this was last asked."""
        seconds, samples = self._lately
        self._lately = (self.seconds(), self._samples)
        return _ratio(self._samples - samples, self._lately[0] - seconds)

    def overall(self) -> float:
        """Samples a second since the beginning."""
        return _ratio(self._samples, self.seconds())

    def seconds(self) -> float:
        """What has counted so far."""
        return self._seconds + (self._clock() - self._since if self._since is not None else 0.0)


def _ratio(samples: int, seconds: float) -> float:
    return samples / seconds if seconds > 0 else 0.0
