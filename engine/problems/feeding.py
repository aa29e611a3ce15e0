"""Data that feed no node, and nodes that no data feed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.errors import Problem
from engine.layers.data import Input, Target
from engine.problems.facts import Facts, did_you_mean


def no_data(facts: Facts) -> Iterator[Problem]:
    """A network that could be trained, and nothing to train it on."""
    if facts.losses and not facts.model.data.sources:
        yield Problem("there are no data to train on yet", "suggestion", hint="choose a source of data")


def strayed_feeds(facts: Facts) -> Iterator[Problem]:
    """Feeds of nodes that are not there or take no data."""
    nodes = facts.model.network.by_name
    takers = [node.name for node in facts.data_nodes]
    for feed in facts.model.data.feeds:
        node = nodes.get(feed.node)
        if node is None:
            hint = did_you_mean(feed.node, takers) or "remove the feed, or name an Input or Target"
            yield Problem(f"the data feed {feed.node!r}, which is not there", hint=hint)
        elif not isinstance(node.layer, (Input, Target)):
            hint = "feed an Input or a Target"
            yield Problem("the data feed it, and only inputs and targets take data", node=node.name, hint=hint)


def repeated_feeds(facts: Facts) -> Iterator[Problem]:
    """Nodes that are fed twice."""
    for name, count in Counter(feed.node for feed in facts.model.data.feeds).items():
        if count > 1:
            yield Problem(f"{count} feeds name it, and one can hold", node=name, hint="remove all but one")


def unfed_nodes(facts: Facts) -> Iterator[Problem]:
    """Inputs and targets without data, where there are data."""
    fed = {feed.node for feed in facts.model.data.feeds}
    for node in facts.data_nodes if facts.model.data.sources else ():
        if node.name not in fed:
            hint = "say in the data which column feeds it"
            yield Problem("no column of the data feeds it", node=node.name, hint=hint)


def labels(facts: Facts) -> Iterator[Problem]:
    """Names for more or fewer classes than there are."""
    for feed in facts.model.data.feeds:
        node = facts.model.network.by_name.get(feed.node)
        classes = node.layer.classes if node and isinstance(node.layer, (Input, Target)) else 0
        if node and classes and feed.labels and len(feed.labels) != classes:
            message = f"the data name {len(feed.labels)} labels, and it has {classes} classes"
            yield Problem(message, "warning", node.name, hint="name every class once")


def splits(facts: Facts) -> Iterator[Problem]:
    """Splits that leave nothing to train on."""
    split = facts.model.data.split
    if split is not None and split.validation + split.test >= 1:
        kept = split.validation + split.test
        message = f"the split keeps {kept:g} of the data for validation and test, and nothing for training"
        yield Problem(message, hint="keep less than 1 together")
