"""Declared records: type hints that are form, checks and normal form at once."""

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

import pytest

from engine.blocks import Block
from engine.declare import Axes, Comment, Family, Nought, OneOf, Range, Record, Spelled, fields_of, name_of, snake_case
from engine.errors import FieldError

SHAPES = Family("shape")


class Figure(Record):
    """A family's common kind."""


@SHAPES.declare
class Circle(Figure):
    """An entry."""

    radius: Annotated[float, Range(above=0)] = 1.0


@SHAPES.declare
class KDTree(Figure):
    """An entry whose name is its own."""

    SPELLING: ClassVar[str] = "tree"


class Sample(Record):
    """One field of each kind."""

    count: Annotated[int, Range(1, 9), "How many."]
    share: Annotated[float, Range(0, below=1)] = 0.5
    flag: bool = True
    text: Annotated[str, Spelled("from")] = ""
    choice: Literal["same", "valid"] = "same"
    kernel: Annotated[tuple[int, ...], Axes(2), Range(1)] = (3, 3)
    padding: Annotated[tuple[int, ...], Axes(4, repeats=2), Range(0)] = (0, 0, 0, 0)
    values: tuple[Annotated[float, Range(0)], ...] = ()
    maybe: Annotated[int | None, Range(0)] = None
    every: Annotated[int, Nought("never")] = 0
    inner: Circle = Circle()
    figure: Annotated[Figure, OneOf(SHAPES)] = KDTree()
    note: Annotated[str, Comment] = ""


def field(name):
    return next(it for it in fields_of(Sample) if it.name == name)


def test_fields_come_in_the_order_of_the_declaration():
    assert [it.name for it in fields_of(Sample)] == [it.name for it in dataclasses.fields(Sample)]


def test_every_hint_has_its_kind():
    kinds = {it.name: it.kind for it in fields_of(Sample)}
    assert kinds == {
        "count": "int",
        "share": "float",
        "flag": "bool",
        "text": "text",
        "choice": "choice",
        "kernel": "int",
        "padding": "int",
        "values": "float",
        "maybe": "int",
        "every": "int",
        "inner": "message",
        "figure": "one_of",
        "note": "comment",
    }


def test_a_field_says_help_default_spelling_and_choices():
    assert field("count").help == "How many."
    assert field("count").is_required
    assert field("share").default == 0.5
    assert field("text").spelling == "from"
    assert field("choice").choices == ("same", "valid")
    assert field("figure").family is SHAPES
    assert field("maybe").optional
    assert (field("every").nought, field("count").nought) == ("never", "")
    assert field("values").repeated


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("count", 3.0, 3),
        ("share", 0, 0.0),
        ("kernel", 5, (5, 5)),
        ("kernel", [5, 3], (5, 3)),
        ("padding", 1, (1, 1, 1, 1)),
        ("padding", (1, 2), (1, 2, 1, 2)),
        ("padding", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("values", 2, (2.0,)),
        ("values", [], ()),
        ("maybe", None, None),
    ],
)
def test_a_value_is_kept_in_one_normal_form(name, given, kept):
    made = getattr(Sample(**{"count": 1} | {name: given}), name)
    assert made == kept
    assert type(made) is type(kept)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("count", 0, "count must be at least 1, not 0"),
        ("count", 10, "count must be at most 9, not 10"),
        ("count", 1.5, "count must be a whole number, not 1.5"),
        ("count", True, "count must be a whole number, not True"),
        ("count", None, "count must be a whole number, not None"),
        ("share", 1, "share must be less than 1, not 1.0"),
        ("share", "much", "share must be a number, not 'much'"),
        ("share", math.inf, "share must be less than 1, not inf"),
        ("flag", 1, "flag must be bool, not 1"),
        ("text", 3, "from must be str, not 3"),
        ("choice", "some", "choice must be one of same, valid, not 'some'"),
        ("kernel", (1, 2, 3), "kernel takes 1 or 2 numbers, not 3"),
        ("kernel", (3, 0), "kernel must be at least 1, not 0"),
        ("padding", (1, 2, 3), "padding takes 1 or 4 numbers, not 3"),
        ("values", (1, -1), "values must be at least 0, not -1.0"),
        ("maybe", -1, "maybe must be at least 0, not -1"),
        ("inner", KDTree(), "inner must be Circle, not KDTree()"),
        ("figure", 3, "figure must be Figure, not 3"),
    ],
)
def test_a_value_that_a_field_does_not_take_is_refused_in_one_sentence(name, given, message):
    with pytest.raises(FieldError) as error:
        Sample(**{"count": 1} | {name: given})
    assert error.value.message == message
    assert error.value.field == name


def test_a_record_checks_what_replaces_its_fields_too():
    with pytest.raises(FieldError, match="radius must be more than 0"):
        dataclasses.replace(Circle(), radius=0)


def test_a_record_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Circle().radius = 2.0


def test_equal_records_of_one_kind_are_equal_and_of_two_kinds_are_not():
    assert Circle(2) == Circle(2.0)
    assert hash(Circle(2)) == hash(Circle(2.0))
    assert Circle() != Figure()


def test_a_family_knows_its_entries_by_the_name_they_are_written_with():
    assert list(SHAPES) == ["circle", "tree"]
    assert SHAPES.get("tree") is KDTree
    assert SHAPES.get("square") is None
    assert name_of(KDTree()) == name_of(KDTree) == "tree"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("MaxPool2D", "max_pool2d"),
        ("KLDivergence", "kl_divergence"),
        ("L2Normalize", "l2_normalize"),
        ("SoftmaxCrossEntropy", "softmax_cross_entropy"),
        ("GlobalAvgPool", "global_avg_pool"),
        ("MultiHeadAttention", "multi_head_attention"),
        ("ConvTranspose2D", "conv_transpose2d"),
        ("LSTM", "lstm"),
        ("AdamW", "adamw"),
    ],
)
def test_names_are_written_as_the_schema_says(name, written):
    assert snake_case(name) == written


@pytest.mark.parametrize("note", ["\n", "\n\n", "why \n\n", "\nwhy\r\n\n\nhow"])
def test_a_comment_in_its_normal_form_is_normal(note: str) -> None:
    once = Block("a", note=note).note
    assert Block("a", note=once).note == once
    assert not once.endswith("\n")
