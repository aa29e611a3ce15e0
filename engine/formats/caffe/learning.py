"""How weights begin, learn and are shared: `param` and the fillers of a layer as rules of a node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.formats.caffe.building import Building, Learned, Site
from engine.formats.caffe.fillers import initializer_of
from engine.formats.caffe.message import Message
from engine.formats.caffe.normalizing import RUNNING
from engine.initializers import Constant, Initializer
from engine.node import Init, WeightRule

BEGINNINGS: dict[str, Initializer] = {
    "bias": Constant(value=0.0),
    "shift": Constant(value=0.0),
    "scale": Constant(value=1.0),
    "slope": Constant(value=0.25),
}
"""How weights begin where a file says nothing, here as there; others begin at 0 there."""

NO_FILLER = "no filler is given, so Caffe's weights would begin at 0, and these begin as they do here"


def add_rules(site: Site) -> None:
    """Gives the node that has a layer's weights the rules that the layer states."""
    learned = site.building.learned.get(str(site.message.get("name")))
    specs: list[Message] = site.message.all("param")
    if learned is None or learned.node not in site.building.nodes:
        return
    rules = tuple(rule for rule in _rules(site.building, learned, specs) if rule != WeightRule(name=rule.name))
    node = site.building.nodes[learned.node]
    same = {replace(rule, name="") for rule in rules}
    if len(same) == 1 and len(rules) == len(learned.names) > 1:
        rules = (same.pop(),)
    site.building.nodes[learned.node] = replace(node, weight=rules)


def _rules(building: Building, learned: Learned, specs: list[Message]) -> Iterator[WeightRule]:
    for place, name in enumerate(learned.names):
        spec = specs[place] if place < len(specs) else Message("ParamSpec")
        if name in RUNNING:
            spec.all("lr_mult"), spec.all("decay_mult"), spec.all("name")
            continue
        rule = WeightRule(name=name, learning_rate=spec.get("lr_mult"), decay=spec.get("decay_mult"))
        owner = _owner(building, learned, name, str(spec.get("name")))
        if owner:
            yield replace(rule, same_as=owner)
            continue
        filler = learned.fillers[place] if place < len(learned.fillers) else None
        yield replace(rule, init=_init(building, learned.node, name, filler))


def _owner(building: Building, learned: Learned, name: str, called: str) -> str:
    """The node that owns a weight that is shared by its name in the file; empty where this one does."""
    if not called:
        return ""
    node, weight = building.owners.setdefault(called, (learned.node, name))
    if node != learned.node and weight != name:
        text = f"its {name} is the {weight} of {node} there, and its own here"
        building.note("approximated", learned.node, text)
        return ""
    return node if node != learned.node else ""


def _init(building: Building, node: str, name: str, filler: Message | None) -> Init | None:
    default = BEGINNINGS.get(name)
    if filler is None:
        if default is None:
            building.note_of_many("approximated", "", NO_FILLER, node)
        return None
    rule = initializer_of(filler)
    if rule is None:
        text = f"the filler {filler.get('type')} has no counterpart: weights begin as they do here"
        building.note_of_many("approximated", "filler", text, node)
    return None if rule is None or rule == default else Init(rule=rule)
