"""Names that stand for two nodes, or that the schema could not tell from a wire."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Problem
from engine.node import name_refusal
from engine.problems.facts import Facts


def repeated_names(facts: Facts) -> Iterator[Problem]:
    """Two nodes with one name."""
    networks = (facts.model.network, facts.flat.network)
    network = next((it for it in networks if len(it.by_name) < len(it.nodes)), None)
    if network is None:
        return
    seen: set[str] = set()
    for node in network.nodes:
        if node.name in seen:
            hint = f"call it {network.free_name(node.name)!r}"
            yield Problem(f"there is another node named {node.name!r}", node=node.name, hint=hint)
        seen.add(node.name)


def unusable_names(facts: Facts) -> Iterator[Problem]:
    """Names that are empty or hold what separates the parts of a wire."""
    for node in facts.model.network.nodes:
        refusal = name_refusal(node.name)
        if refusal:
            yield Problem(refusal, node=node.name, hint="give it another name")
