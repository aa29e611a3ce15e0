"""The drawing: what the canvas shows and the engine ignores."""

from __future__ import annotations

from typing import Annotated

from engine.declare import Comment, Record, Spelled
from engine.layers.base import Natural


class Place(Record):
    """Where a node's box stands, in pixels at 100 %."""

    node: str
    x: float = 0.0
    y: float = 0.0
    collapsed: bool = False
    pinned: bool = False


class Frame(Record):
    """A titled rectangle behind nodes."""

    title: str = ""
    x: float = 0.0
    y: float = 0.0
    width: float = 400.0
    height: float = 300.0
    color: str = ""


class Sticky(Record):
    """A note on the canvas."""

    text: str = ""
    x: float = 0.0
    y: float = 0.0


class Reroute(Record):
    """A point that a wire into the node's input passes."""

    node: str
    input: Natural = 0
    x: float = 0.0
    y: float = 0.0


class Probe(Record):
    """A wire (`node:output`) or weight (`node/weight`) that is watched while training."""

    at: str


class BlockDrawing(Record):
    """Where the nodes inside a block stand."""

    name: str
    places: Annotated[tuple[Place, ...], Spelled("place")] = ()
    frames: Annotated[tuple[Frame, ...], Spelled("frame")] = ()
    stickies: Annotated[tuple[Sticky, ...], Spelled("sticky")] = ()
    reroutes: Annotated[tuple[Reroute, ...], Spelled("reroute")] = ()


class Drawing(Record):
    """What the canvas shows besides nodes and wires."""

    places: Annotated[tuple[Place, ...], Spelled("place")] = ()
    frames: Annotated[tuple[Frame, ...], Spelled("frame")] = ()
    stickies: Annotated[tuple[Sticky, ...], Spelled("sticky")] = ()
    reroutes: Annotated[tuple[Reroute, ...], Spelled("reroute")] = ()
    probes: Annotated[tuple[Probe, ...], Spelled("probe")] = ()
    blocks: Annotated[tuple[BlockDrawing, ...], Spelled("block")] = ()
    note: Annotated[str, Comment] = ""
