"""Layers with any parameters that their declarations allow, kept small, and inputs that fit them, for hypothesis.

    cases(kind) -> SearchStrategy[Case]

Parameters follow from the declared fields. Inputs are found by asking the layer: of shapes that are tried in turn those
remain that it does not refuse.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from engine.declare import Axes, Field, Range, fields_of
from engine.errors import FieldError, ShapeError
from engine.layers import CATALOGUE, FAMILIES, Layer, Shape, Signal, Slot
from engine.layers.base import volume
from engine.layers.distributed import STRANGERS, TimeDistributed
from tests.engine.cases import Case

LENGTHS = (1, 3, 4, 6, 8)
LARGEST = 400
"""Values of a sample, at most."""
DEEPEST = 5
"""Axes of a sample, at most: MXNet's arithmetic has six with the batch's."""
CLASSES = 3

SEVERAL = ((), (1,), (6,), (1, 4), (6, 3), (3, 8), (4, 1, 3), (2, 4, 6))
"""What enters the first slot of a layer with several; the others get relatives of it."""


def whole(field: Field) -> st.SearchStrategy[int]:
    span = field.range or Range()
    low = -3 if span.low is None else int(span.low)
    high = low + 6 if span.high is None else min(int(span.high), low + 6)
    return st.integers(low, high)


def real(field: Field) -> st.SearchStrategy[float]:
    """Eighths: numbers that mean something, none that rounding eats."""
    span = field.range or Range()
    lowest, highest = (-2.0 if span.low is None else span.low), (2.0 if span.high is None else span.high)
    low = int(8 * (lowest if span.above is None else span.above)) + (span.above is not None)
    high = int(8 * (highest if span.below is None else span.below)) - (span.below is not None)
    return st.integers(low, max(low, min(high, low + 24))).map(lambda eighths: eighths / 8)


KINDS: dict[str, Callable[[Field], st.SearchStrategy[Any]]] = {
    "int": whole,
    "float": real,
    "bool": lambda field: st.booleans(),
    "choice": lambda field: st.sampled_from(field.choices),
    "one_of": lambda field: st.sampled_from(inner_kinds()).flatmap(layers),
}


def values(field: Field) -> st.SearchStrategy[Any]:
    one = KINDS[field.kind](field)
    if field.repeated:
        axes = field.axes or Axes(0)
        return st.lists(one, min_size=axes.count, max_size=axes.count or 4).map(tuple)
    return st.none() | one if field.optional else one


def inner_kinds() -> list[type[Layer]]:
    """What may stand within a TimeDistributed, and computes something."""
    return [kind for kind in computed() if kind.FAMILY not in STRANGERS and kind is not TimeDistributed]


def computed() -> list[type[Layer]]:
    """The layers that something enters and a backend computes."""
    kinds = [kind for _, kind in CATALOGUE.items() if issubclass(kind, Layer)]
    return [kind for kind in kinds if kind.FAMILY in FAMILIES and kind.SLOTS]


@st.composite
def layers(draw: st.DrawFn, kind: type[Layer]) -> Layer:
    """A layer of the kind; values that only the class itself refuses give way to the defaults."""
    drawn = {field.name: draw(values(field)) for field in fields_of(kind) if draw(st.booleans())}
    while True:
        try:
            return kind(**drawn)
        except FieldError as error:
            del drawn[error.field if error.field in drawn else next(iter(drawn))]


@st.composite
def cases(draw: st.DrawFn, kind: type[Layer]) -> Case:
    """A layer of the kind with inputs that fit; an example is dropped where none is found."""
    layer = draw(layers(kind))
    found = fitting(layer)
    assume(found)
    return Case(layer, draw(st.sampled_from(found)))


@functools.lru_cache(maxsize=512)
def fitting(layer: Layer) -> tuple[tuple[Signal, ...], ...]:
    """Inputs that the layer does not refuse, none of them large."""
    return tuple(signals for signals in candidates(layer) if _fits(layer, signals))


def candidates(layer: Layer) -> Iterator[tuple[Signal, ...]]:
    needed = [slot for slot in layer.SLOTS if not slot.optional]
    if len(layer.SLOTS) == 1:
        ranks = (itertools.product(LENGTHS, repeat=rank) for rank in range(5))
        yield from ((signal,) for shape in itertools.chain(*ranks) for signal in signals_of(needed[0], shape))
    if len(layer.SLOTS) > 1 or layer.SLOTS[-1].many:
        for count in range(len(needed), len(layer.SLOTS) + 2 * layer.SLOTS[-1].many + 1):
            yield from _related(layer, count)


def _related(layer: Layer, count: int) -> Iterator[tuple[Signal, ...]]:
    slots = [slot for place in range(count) if (slot := layer.slot_at(place))]
    for shape in SEVERAL:
        family = relatives(shape)
        if count > 2:  # not all with all
            family = family[:: 1 + len(family) // 16]
        choices = [[shape], *([family] * (count - 1))]
        kinds = [
            [signal for each in of for signal in signals_of(slot, each)]
            for slot, of in zip(slots, choices, strict=False)
        ]
        if len(kinds) == count:
            yield from itertools.product(*kinds)


def signals_of(slot: Slot, shape: Shape) -> Iterator[Signal]:
    """What of that shape the slot may take."""
    if slot.values != "index":
        yield Signal(shape)
    if slot.values != "number":
        yield from (Signal(shape, "index", classes) for classes in dict.fromkeys((CLASSES, 2)))


def relatives(shape: Shape) -> list[Shape]:
    """Shapes that could go together with it: itself, with an axis more, less, of length 1, or of another length."""
    found = [shape, shape[::-1], (), *((n,) for n in shape)]
    for axis in range(len(shape)):
        found += [(*shape[:axis], *middle, *shape[axis + 1 :]) for middle in ((), (1,), (2,), (5,))]
    found += [(2, *shape), (*shape[:-2], *shape[:-3:-1]), (*shape[:-2], *shape[-1:], 5)]
    return list(dict.fromkeys(found))


def _fits(layer: Layer, entering: tuple[Signal, ...]) -> bool:
    try:
        made = layer.outputs(*entering)
    except ShapeError:
        return False
    signals = (*entering, *made)
    return all(volume(signal.shape) <= LARGEST and len(signal.shape) <= DEEPEST for signal in signals)
