"""Classes that the training part has no sample of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import Problem

if TYPE_CHECKING:
    from engine.data.dataset import Data

SHOWN = 10


def unseen(data: Data) -> Iterator[Problem]:
    """What cannot be learned, of every target that has one class a sample."""
    for feed in data.feedings:
        if not feed.want.is_target or feed.wants.values != "index" or feed.wants.shape:
            continue
        lost = [label for label, count in data.counts["train"][feed.node].items() if not count]
        asked = {label for part in data.counts.values() for label, count in part[feed.node].items() if count}
        if lost:
            shown = ", ".join(map(repr, lost[:SHOWN])) + (", …" if len(lost) > SHOWN else "")
            held = sum(label in asked for label in lost)
            known = f"; held-out parts have samples of {held} of them" if held else ""
            yield Problem(f"the training part has no sample of {shown}{known}", "warning", feed.node)
