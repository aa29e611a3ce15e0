"""Any model that the declarations allow, for hypothesis: one strategy a kind of field, none a class."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

import engine.data
import engine.layers  # noqa: F401 - fills the families
from engine.declare import Axes, Field, Range, Record, fields_of
from engine.errors import FieldError
from engine.layers.base import CATALOGUE, Layer
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.schema.document import Document

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=":="), min_size=1, max_size=8)
lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"), max_size=20).map(str.rstrip)
notes = st.lists(lines, max_size=3).map("\n".join)
links = st.builds(Link, names, st.integers(0, 3), st.sampled_from(["", "mask"]))


def whole(span: Range) -> st.SearchStrategy[int]:
    low = -(2**31) if span.low is None else int(span.low)
    return st.integers(low, 2**31 if span.high is None else int(span.high))


def real(span: Range) -> st.SearchStrategy[float]:
    low, high = span.low, span.high
    return st.floats(
        low if low is not None else span.above,
        high if high is not None else span.below,
        exclude_min=span.above is not None,
        exclude_max=span.below is not None,
        allow_nan=False,
    ).map(lambda value: value or 0.0)  # -0.0 is 0 wherever 0 is the default


KINDS: dict[str, Callable[[Field], st.SearchStrategy[Any]]] = {
    "int": lambda field: whole(field.range or Range()),
    "float": lambda field: real(field.range or Range()),
    "bool": lambda field: st.booleans(),
    "text": lambda field: names if field.spelling == "name" else texts,
    "comment": lambda field: notes,
    "choice": lambda field: st.sampled_from(field.choices),
    "coded": lambda field: links,
    "message": lambda field: records(field.type),
    "one_of": lambda field: st.one_of([records(cls) for _, cls in field.family.items() if cls is not Unknown]),
}


def values(field: Field) -> st.SearchStrategy[Any]:
    one = KINDS[field.kind](field)
    if field.repeated:
        axes = field.axes or Axes(0)
        return st.lists(one, min_size=axes.count, max_size=axes.count or 3).map(tuple)
    return st.none() | one if field.optional else one


@st.composite
def records(draw: st.DrawFn, cls: type[Record]) -> Any:
    """A record of the class; values that only the class itself refuses give way to the defaults."""
    drawn = {}
    for field in fields_of(cls):
        if field.is_required or draw(st.booleans()):
            drawn[field.name] = draw(values(field))
    while True:
        try:
            return cls(**drawn)
        except FieldError as error:
            refused = error.field if error.field in drawn else next(iter(drawn))
            del drawn[refused]


@st.composite
def kept_layers(draw: st.DrawFn) -> Unknown:
    """Layers of another format, and layers of our own that the catalogue does not have."""
    if draw(st.booleans()):
        return Unknown(format=draw(texts), type=draw(texts), count=draw(st.integers(1, 3)), text=draw(texts))
    text = draw(st.sampled_from(["", "parts: 2 axis: 0", 'mode: fast at { deep { x: [1, -2.5] } } label: "a\\"b"']))
    return Unknown(type=draw(st.sampled_from(["whirl", "spatial_transformer"])), text=text)


@st.composite
def nodes(draw: st.DrawFn) -> Node:
    layers: st.SearchStrategy[Layer] = st.one_of([records(cls) for _, cls in CATALOGUE.items() if cls is not Unknown])
    node = draw(records(Node))
    return Node(**{**vars_of(node), "layer": draw(layers | kept_layers())})


def vars_of(record: Record) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields_of(type(record))}


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A model; its nodes need not make sense together."""
    sections = {field.name: field for field in fields_of(Document)}
    drawn = {name: draw(values(sections[name])) for name in ("name", "weights", "recipe", "data", "sweeps", "drawing")}
    network = Network(tuple(draw(st.lists(nodes(), max_size=4))), draw(values(sections["blocks"])))
    return Model(network=network, head=draw(notes), tail=draw(notes), **drawn)
