"""What people ask of a training under way, gathered between its steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Commands = Iterable[Mapping[str, Any]]


def nobody() -> Commands:
    """Nobody steers."""
    return ()


class Steering:
    """The wishes that stand. `commands` gives those since it was last asked."""

    def __init__(self, commands: Callable[[], Commands] = nobody) -> None:
        self._commands = commands
        self.is_stopped = False
        self.is_paused = False
        self.wants_checkpoint = False
        self.learning_rate: float | None = None

    def look(self) -> None:
        """Takes in new commands; what is none of ours is passed over."""
        for command in self._commands():
            take = TAKE.get(str(command.get("command")))
            if take is not None:
                take(self, command)

    def take_checkpoint(self) -> bool:
        """Whether one is wished for, once."""
        wished, self.wants_checkpoint = self.wants_checkpoint, False
        return wished

    def take_learning_rate(self) -> float | None:
        """The rate that is wished for, once."""
        wished, self.learning_rate = self.learning_rate, None
        return wished

    def _stop(self, command: Mapping[str, Any]) -> None:
        self.is_stopped = True

    def _pause(self, command: Mapping[str, Any]) -> None:
        self.is_paused = True

    def _resume(self, command: Mapping[str, Any]) -> None:
        self.is_paused = False

    def _checkpoint(self, command: Mapping[str, Any]) -> None:
        self.wants_checkpoint = True

    def _set_learning_rate(self, command: Mapping[str, Any]) -> None:
        value = command.get("value")
        if isinstance(value, (int, float)) and 0 <= value < math.inf:
            self.learning_rate = float(value)


TAKE: dict[str, Callable[[Steering, Mapping[str, Any]], None]] = {
    "stop": Steering._stop,
    "pause": Steering._pause,
    "resume": Steering._resume,
    "checkpoint": Steering._checkpoint,
    "set_learning_rate": Steering._set_learning_rate,
}
