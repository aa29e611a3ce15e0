"""Links and nodes: how wires are written and which slot each goes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FieldError
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.merge import Add
from engine.node import Link, Node, WeightRule
from tests.engine.drawn import node

names = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=":="), min_size=1)


@given(names, st.integers(0, 99), names | st.just(""))
def test_a_link_is_read_as_it_is_written(name, output, slot):
    link = Link(name, output, slot)
    assert Link.parse(str(link)) == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("conv1", Link("conv1")),
        ("halves:1", Link("halves", 1)),
        ("mask=padding", Link("padding", 0, "mask")),
        ("mask=a/b:2", Link("a/b", 2, "mask")),
    ],
)
def test_links_are_those_of_the_schema(text, link):
    assert Link.parse(text) == link


@pytest.mark.parametrize("text", ["", "mask=", ":1", "a:", "a:x", "a:-1"])
def test_what_names_no_node_or_no_output_is_refused(text):
    with pytest.raises(FieldError, match="from must be"):
        Link.parse(text)


def slots(given):
    return [wire.slot for wire in given.wires]


def test_inputs_go_to_the_slots_in_their_order():
    assert slots(node("loss", "score digit", SoftmaxCrossEntropy())) == ["x", "target"]


def test_a_slot_that_takes_many_takes_all():
    assert slots(node("sum", "a b c", Add())) == ["x", "x", "x"]


def test_an_input_beyond_the_last_slot_goes_nowhere():
    assert slots(node("loss", "a b c", SoftmaxCrossEntropy())) == ["x", "target", ""]
    assert slots(node("x", "a", Input())) == [""]


def test_a_named_input_goes_where_it_says():
    assert slots(node("loss", "target=digit x=score", SoftmaxCrossEntropy())) == ["target", "x"]


def test_wires_are_put_in_the_slots_order_and_needless_names_left_out():
    given = node("loss", "target=digit x=score", SoftmaxCrossEntropy())
    assert given.wired(given.wires).inputs == (Link("score"), Link("digit"))


def test_a_name_that_the_place_does_not_tell_stays():
    given = node("loss", "target=digit", SoftmaxCrossEntropy())
    assert given.wired(given.wires).inputs == (Link("digit", slot="target"),)


def test_two_wires_into_one_slot_are_both_kept():
    given = node("loss", "x=a x=b target=t", SoftmaxCrossEntropy())
    assert [str(link) for link in given.wired(given.wires).inputs] == ["a", "x=b", "target=t"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "asleep"), ("phase", "never"), ("layer", "dense"), ("inputs", ("x",)), ("name", 7)],
)
def test_a_node_is_checked_when_it_is_made(field, value):
    with pytest.raises(FieldError):
        Node(**{"name": "a", "inputs": (), "layer": Add()} | {field: value})


def test_of_rules_for_one_weight_the_later_one_counts_in_what_it_says():
    rules = (WeightRule(learning_rate=0, decay=3), WeightRule(name="bias", decay=0), WeightRule(name="weight", decay=2))
    given = node("a", "x", Dense(), weight=rules)
    assert given.rule_for("bias") == WeightRule(name="bias", learning_rate=0, decay=0)
    assert given.rule_for("weight") == WeightRule(name="weight", learning_rate=0, decay=2)
    assert given.rule_for("other") == rules[0]
