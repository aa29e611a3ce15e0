"""Random steps of hands, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as some

from canvas import edits
from engine.model import Model
from engine.node import Link

Step = tuple[str, Any]

names = some.sampled_from(["image", "conv1", "pool1", "flat", "score", "loss", "digit"])
steps = some.one_of(
    some.tuples(some.just("remove"), some.sets(names, min_size=1)),
    some.tuples(some.just("heal"), some.sets(names, min_size=1)),
    some.tuples(some.just("mute"), some.sets(names, min_size=1)),
    some.tuples(some.just("connect"), some.tuples(names, names)),
    some.tuples(some.just("copy"), some.sets(names, min_size=1)),
    some.tuples(some.just("arrange"), some.none()),
)


def apply(model: Model, step: Step) -> Model:
    """The model after a step; a step that makes no sense there changes nothing."""
    kind, what = step
    here = model.network.by_name
    if kind == "connect":
        source, target = what
        if source not in here or target not in here or not here[target].layer.SLOTS:
            return model
        return edits.connect(model, Link(source, 0, here[target].layer.SLOTS[-1].name), target)
    if kind == "arrange":
        return edits.arranged(model)
    chosen = [name for name in what if name in here]
    if kind == "copy":
        return edits.paste(model, edits.fragment(model, chosen), (8, 8))[0]
    if kind == "mute":
        return edits.set_state(model, chosen, "muted")
    return (edits.remove if kind == "remove" else edits.heal)(model, chosen)
