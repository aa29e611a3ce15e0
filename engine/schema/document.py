"""The fields of a schema file, declared like every other record, and how they make a model."""

from __future__ import annotations

from typing import Annotated

from engine.blocks import Block
from engine.data.spec import DataSpec
from engine.declare import Range, Record, Spelled
from engine.drawing import Drawing
from engine.model import Model, Sweep
from engine.network import Network
from engine.node import Node
from engine.training.recipe import Recipe

GRAMMAR = 1
"""The version of the grammar, the first field of every file."""


class Document(Record):
    """A schema file: its sections in the order in which they are written."""

    netwright: Annotated[int, Range(1, GRAMMAR), "The grammar's version: how a reader knows the file."] = GRAMMAR
    name: Annotated[str, "What the model is called."] = ""
    weights: Annotated[str, "Pretrained weights; every path is relative to this file, or `bundled:NAME`."] = ""
    nodes: Annotated[tuple[Node, ...], Spelled("node"), "The network's nodes, in the author's order."] = ()
    blocks: Annotated[tuple[Block, ...], Spelled("block"), "Sub-networks that are used as layers."] = ()
    recipe: Annotated[Recipe, "How the network is trained."] = Recipe()
    data: Annotated[DataSpec, "What it is trained on."] = DataSpec()
    sweeps: Annotated[tuple[Sweep, ...], Spelled("sweep"), "Fields that take several values, one a run."] = ()
    drawing: Annotated[Drawing, Spelled("canvas"), "What the canvas shows."] = Drawing()


def document_of(model: Model) -> Document:
    """The file's sections; its head and tail comments stay with the model."""
    return Document(
        name=model.name,
        weights=model.weights,
        nodes=model.network.nodes,
        blocks=model.network.blocks,
        recipe=model.recipe,
        data=model.data,
        sweeps=model.sweeps,
        drawing=model.drawing,
    )


def model_of(document: Document, head: str = "", tail: str = "") -> Model:
    return Model(
        name=document.name,
        network=Network(document.nodes, document.blocks),
        recipe=document.recipe,
        data=document.data,
        drawing=document.drawing,
        sweeps=document.sweeps,
        weights=document.weights,
        head=head,
        tail=tail,
    )
