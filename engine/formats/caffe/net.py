"""A net file as a network: its layers one after the other, each by its rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import FieldError
from engine.formats.caffe import activations, dense, losses, merging, normalizing, shaping, windows
from engine.formats.caffe.building import RULES, Building, NoLayer, Site
from engine.formats.caffe.data import GIVERS, Data, given
from engine.formats.caffe.learning import add_rules
from engine.formats.caffe.message import Message
from engine.formats.caffe.phases import TEST, TRAIN, Phases, State, States, phases_of
from engine.formats.caffe.textual import text_of
from engine.layers.unknown import Unknown
from engine.node import Kept, Link, Node

__all__ = ["activations", "dense", "losses", "merging", "normalizing", "shaping", "windows"]

PLAIN: States = {TRAIN: State(), TEST: State()}
WIRES = ("name", "type", "bottom", "top", "include", "exclude", "phase", "blobs", "param")
"""Fields of a layer that the network itself holds."""

TESTED = frozenset({"Accuracy", "Silence", *GIVERS})
"""Types of layers that lose nothing where they are there for testing only."""


def built(layers: Sequence[Message], base: Path, states: States = PLAIN) -> tuple[Building, Data]:
    """The network of layers of the newest generation, and the data that feed it."""
    building = Building()
    present = [(layer, phases_of(layer, states)) for layer in layers]
    data = Data(base, [layer for layer, phases in present if phases])
    done: dict[tuple[str, ...], tuple[Message, tuple[Link, ...], tuple[str, ...]]] = {}
    for layer, phases in present:
        name, kind = str(layer.get("name")), str(layer.get("type"))
        if not phases:
            building.note("ignored", name, "is in neither phase of the net")
            continue
        key = (name, kind, *layer.all("top"))
        twin = done.get(key) if phases == {TEST} and kind not in GIVERS else None
        if twin is None:
            before = frozenset(building.nodes)
            links = _placed(building, data, layer, phases)
            done[key] = layer, links, tuple(node for node in building.nodes if node not in before)
        else:
            links = _both(building, layer, *twin)
        for phase in phases:
            building.blobs[phase].update(zip(layer.all("top"), links, strict=False))
    return building, data


def _both(
    building: Building, layer: Message, twin: Message, links: tuple[Link, ...], nodes: tuple[str, ...]
) -> tuple[Link, ...]:
    """The nodes of a layer that is stated twice, for training and for testing."""
    ways = ("include", "exclude", "param")
    if text_of(layer.without(*ways)) != text_of(twin.without(*ways)):
        text = "is stated otherwise for testing; here it is as for training"
        building.note_of_many("approximated", "", text, str(layer.get("name")))
    for name in nodes:
        building.nodes[name] = replace(building.nodes[name], phase="always")
    return links


def _placed(building: Building, data: Data, layer: Message, phases: Phases) -> tuple[Link, ...]:
    """The nodes of one layer; where each of its blobs comes from."""
    kind = str(layer.get("type"))
    wanted = str(layer.get("name")) or next(iter(layer.all("top")), kind)
    if kind in GIVERS:
        return given(Site(building, layer, wanted, (), phases), data)
    inputs = _wires(building, layer, wanted, phases)
    if phases == {TEST} and kind not in TESTED:
        if kind.endswith("Loss"):
            building.note("ignored", wanted, "is a loss of the test phase only")
            return ()
        building.note("approximated", wanted, "is there in the test phase only; here it is always")
    if kind in ("Accuracy", "Silence"):
        made = RULES[kind](Site(building, layer, wanted, inputs, phases))
        return made if isinstance(made, tuple) else (made,)
    site = Site(building, layer, building.free(wanted), inputs, phases)
    links = _ruled(site)
    add_rules(site)
    _keep(site)
    return links


def _wires(building: Building, layer: Message, name: str, phases: Phases) -> tuple[Link, ...]:
    """Where a layer's inputs come from; where the phases differ, while training."""
    first = TRAIN if TRAIN in phases else TEST
    found = []
    for bottom in layer.all("bottom"):
        ways: Mapping[str, Link | None] = {phase: building.blobs[phase].get(bottom) for phase in sorted(phases)}
        link = ways[first] or next((way for way in ways.values() if way is not None), None)
        if link is None:
            building.note("approximated", name, f"there is no blob {bottom}, which it takes")
        else:
            found.append(link)
        if len({way for way in ways.values() if way is not None}) > 1:
            building.note("approximated", name, f"takes another {bottom} while testing; here that of training")
    return tuple(found)


def _ruled(site: Site) -> tuple[Link, ...]:
    """What the rule for its type makes of it; an Unknown where there is none, or it does not hold."""
    rule, before = RULES.get(site.type), dict(site.building.nodes)
    if rule is None or not site.inputs:
        reason = "no layer of the catalogue stands for it" if rule is None else "it has no input"
        return _unknown(site, f"{site.type}: {reason}")
    try:
        made = rule(site)
    except (NoLayer, FieldError) as error:
        site.building.nodes = before
        site.building.learned.pop(str(site.message.get("name")), None)
        return _unknown(site, f"{site.type}: {error.message}")
    return made if isinstance(made, tuple) else (made,) * max(1, len(site.tops))


def _unknown(site: Site, reason: str) -> tuple[Link, ...]:
    text = text_of(site.message.without("name", "type", "bottom", "top", "blobs"))
    count = max(1, len(site.tops))
    site.building.note("unknown", site.name, reason)
    site.building.add(Node(site.name, site.inputs, Unknown(format="caffe", type=site.type, count=count, text=text)))
    return tuple(Link(site.name, place) for place in range(count))


def _keep(site: Site) -> None:
    """Fields that nothing stands for are kept with the node; an Unknown has them all."""
    node = site.building.nodes.get(site.name)
    rest = site.message.unasked().without(*WIRES)
    if node is None or isinstance(node.layer, Unknown) or not rest.fields:
        return
    site.building.nodes[site.name] = replace(node, kept=(*node.kept, Kept(format="caffe", text=text_of(rest))))
    for path in rest.paths():
        site.building.note_of_many("ignored", path, "has no place here; kept for Caffe", site.name)
