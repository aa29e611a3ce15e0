"""Which layers are there while training, and which while testing: `include`, `exclude` and the state of a net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.formats.caffe.message import Message

TRAIN, TEST = "TRAIN", "TEST"
Phases = frozenset[str]
BOTH: Phases = frozenset((TRAIN, TEST))


@dataclass(frozen=True)
class State:
    """What a net is told of itself besides its phase."""

    level: int = 0
    stages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, message: Message) -> State:
        """A NetState as it is written."""
        return cls(message.get("level"), frozenset(message.all("stage")))


States = Mapping[str, State]


def phases_of(layer: Message, states: States) -> Phases:
    """The phases that a layer is in (Net::FilterNet)."""
    included, excluded = layer.all("include"), layer.all("exclude")
    if included:
        return frozenset(p for p, state in states.items() if any(_meets(rule, p, state) for rule in included))
    return frozenset(p for p, state in states.items() if not any(_meets(rule, p, state) for rule in excluded))


def _meets(rule: Message, phase: str, state: State) -> bool:
    """Net::StateMeetsRule."""
    return (
        (not rule.has("phase") or rule.get("phase") == phase)
        and (not rule.has("min_level") or state.level >= rule.get("min_level"))
        and (not rule.has("max_level") or state.level <= rule.get("max_level"))
        and all(stage in state.stages for stage in rule.all("stage"))
        and not any(stage in state.stages for stage in rule.all("not_stage"))
    )
