"""Edits of networks, each against a twin in plain dictionaries that cannot be wrong in the same way.

What holds after every edit of a sound network (unique names, wires from nodes that are there): it is sound again; a
slot for one wire has one at most; wires stand in the order of the slots and bear a slot's name only where their place
does not tell it; nodes that come out of the edit as they were are the same objects; what was before is as it was.
"""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from engine.errors import NetwrightError
from engine.layers.activation import ReLU
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.layers.merge import Add
from engine.network import Network
from engine.node import Link, Node, WeightRule
from tests.engine.drawn import lenet, network, node

LAYERS = (Input(sizes=(3,)), ReLU(), Add(), MeanSquaredError())


class Edits(RuleBasedStateMachine):
    """Any edits in any order."""

    names = Bundle("names")

    def __init__(self):
        super().__init__()
        self.network = Network()
        self.twin = {}  # name → {slot: [(source, output), …]}
        self.before = ()

    def edit(self, network):
        self.before = self.network.nodes
        self.network = network

    @rule(target=names, wanted=st.sampled_from(["a", "b", "conv1"]), layer=st.sampled_from(LAYERS))
    def add(self, wanted, layer):
        name = self.network.free_name(wanted)
        assert name not in self.twin
        self.edit(self.network.add(Node(name=name, inputs=(), layer=layer)))
        self.twin[name] = {slot.name: [] for slot in layer.SLOTS}
        return name

    @rule(source=names, name=names, output=st.integers(0, 2), data=st.data())
    def connect(self, source, name, output, data):
        slots = self.network[name].layer.SLOTS
        if not slots:
            return
        slot = data.draw(st.sampled_from(slots))
        self.edit(self.network.connect(Link(source, output, slot.name), name))
        kept = self.twin[name][slot.name] if slot.many else []
        self.twin[name][slot.name] = [*kept, (source, output)]

    @precondition(lambda self: any(it.inputs for it in self.network.nodes))
    @rule(data=st.data())
    def disconnect(self, data):
        wires = [(it.name, wire) for it in self.network.nodes for wire in it.wires]
        name, wire = data.draw(st.sampled_from(wires))
        self.edit(self.network.disconnect(wire, name))
        self.twin[name][wire.slot].remove((wire.node, wire.output))

    @rule(target=names, old=consumes(names), new=st.sampled_from(["c", "d", "other"]))
    def rename(self, old, new):
        if new in self.twin and new != old:
            with pytest.raises(NetwrightError, match="already a node named"):
                self.network.rename(old, new)
            return old
        self.edit(self.network.rename(old, new))
        self.twin = {new if name == old else name: slots for name, slots in self.twin.items()}
        for slots in self.twin.values():
            for slot, wires in slots.items():
                slots[slot] = [(new if source == old else source, output) for source, output in wires]
        return new

    @rule(name=consumes(names))
    def remove(self, name):
        self.edit(self.network.remove([name]))
        del self.twin[name]
        for slots in self.twin.values():
            for slot, wires in slots.items():
                slots[slot] = [wire for wire in wires if wire[0] != name]

    @invariant()
    def is_as_its_twin(self):
        assert [it.name for it in self.network.nodes] == list(self.twin)
        for it in self.network.nodes:
            expected = [(s, o, slot) for slot, wires in self.twin[it.name].items() for s, o in wires]
            assert [(wire.node, wire.output, wire.slot) for wire in it.wires] == expected

    @invariant()
    def wires_are_written_in_one_way(self):
        for it in self.network.nodes:
            assert it.wired(it.wires) is it
            named = [bool(link.slot) for link in it.inputs]
            assert named == sorted(named)

    @invariant()
    def what_is_not_concerned_stays_the_same_object(self):
        there = {id(it) for it in self.network.nodes}
        equal = [it for it in self.before if it in self.network.nodes]
        assert all(id(it) in there for it in equal)


TestEdits = Edits.TestCase


def test_the_order_puts_every_node_behind_those_that_feed_it():
    drawn = network(("c", "b a", Add()), ("b", "a", ReLU()), ("a", "", Input(sizes=(3,))))
    assert [it.name for it in drawn.order] == ["a", "b", "c"]


def test_a_circle_has_no_order_and_is_named():
    with pytest.raises(NetwrightError) as error:
        _ = network(("a", "c", ReLU()), ("b", "a", ReLU()), ("c", "b", ReLU()), ("d", "c", ReLU())).order
    assert sorted(error.value.message.removesuffix(" is a circle").split(" → ")[1:]) == ["a", "b", "c"]


def test_users_are_named_once_each():
    assert lenet().users["image"] == ("conv1",)
    assert network(("a", "", Input()), ("b", "a a", Add())).users == {"a": ("b",), "b": ()}


@pytest.mark.parametrize(
    ("wanted", "given"), [("conv9", "conv9"), ("conv1", "conv3"), ("image", "image1"), ("pool", "pool"), ("ip2", "ip3")]
)
def test_a_free_name_counts_on(wanted, given):
    assert lenet().free_name(wanted) == given


def test_a_name_of_digits_alone_gets_a_free_number_too():
    drawn = network(("7", "", Input()))
    assert drawn.free_name("7") not in drawn


def test_renaming_follows_wires_and_shared_weights():
    drawn = network(
        ("x", "", Input(sizes=(3,))),
        ("a", "x", Dense()),
        node("b", "x", Dense(), weight=(WeightRule(same_as="a"),)),
        ("sum", "a:0 b", Add()),
    )
    renamed = drawn.rename("a", "first")
    assert renamed["b"].weight == (WeightRule(same_as="first"),)
    assert renamed["sum"].inputs == (Link("first"), Link("b"))
    assert renamed.rename("first", "a") == drawn
    assert renamed["x"] is drawn["x"]


def test_who_shared_a_removed_node_s_weights_first_owns_them_now():
    drawn = network(
        ("x", "", Input(sizes=(3,))),
        ("a", "x", Dense()),
        node("b", "x", Dense(), weight=(WeightRule(same_as="a", learning_rate=2),)),
        node("c", "x", Dense(), weight=(WeightRule(same_as="a"),)),
    )
    left = drawn.remove(["a"])
    assert left["b"].weight == (WeightRule(learning_rate=2),)
    assert left["c"].weight == (WeightRule(same_as="b"),)
    assert drawn.remove(["a", "b"])["c"].weight == ()


def test_a_slot_for_one_wire_loses_the_one_it_had():
    drawn = lenet().connect(Link("pool1", slot="x"), "ip1")
    assert drawn["ip1"].inputs == (Link("pool1"),)


def test_a_wire_into_the_second_slot_alone_bears_its_name():
    drawn = lenet().disconnect(Link("ip2", slot="x"), "loss")
    assert drawn["loss"].inputs == (Link("digit", slot="target"),)
    assert drawn.connect(Link("ip2", slot="x"), "loss") == lenet()


def test_a_shared_weight_belongs_to_the_last_node_of_the_chain():
    def sharing(name, *rules):
        return node(name, "x", Dense(), weight=rules)

    drawn = network(
        ("a", "x", Dense()),
        sharing("b", WeightRule(name="weight", same_as="a")),
        sharing("c", WeightRule(same_as="b")),
        sharing("d", WeightRule(same_as="e")),
        sharing("e", WeightRule(same_as="d")),
    )
    assert [drawn.owner_of(name, "weight") for name in "abc"] == ["a/weight"] * 3
    assert [drawn.owner_of(name, "bias") for name in "abc"] == ["a/bias", "b/bias", "b/bias"]
    assert drawn.owner_of("d", "bias") == "d/bias", "in a circle everybody keeps his own"
