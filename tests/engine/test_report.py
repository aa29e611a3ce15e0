"""The report: published counts, and what can be told of networks that are not finished."""

import sys
from dataclasses import replace

import pytest

from engine.costs import _cost
from engine.drawing import Drawing, Place
from engine.initializers import He
from engine.layers.convolution import Conv2D
from engine.layers.data import Input
from engine.layers.dense import Dense
from engine.layers.merge import Add
from engine.layers.normalization import BatchNorm
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.node import Init, WeightRule
from engine.report import report_of
from tests.engine.drawn import lenet, network, node


def report(drawn):
    return report_of(Model(network=drawn))


def shapes(drawn):
    return {name: told.outputs[0].shape for name, told in report(drawn).nodes.items() if told.outputs}


def test_lenet_has_the_published_parameters_and_multiply_accumulates():
    found = report(lenet())
    assert found.params == 431_080
    assert found.macs == 2_293_000
    assert {name: told.params for name, told in found.nodes.items() if told.params} == {
        "conv1": 520,
        "conv2": 25_050,
        "ip1": 400_500,
        "ip2": 5_010,
    }


def test_lenet_has_the_shapes_that_caffe_prints():
    assert shapes(lenet()) == {
        "image": (1, 28, 28),
        "digit": (),
        "conv1": (20, 24, 24),
        "pool1": (20, 12, 12),
        "conv2": (50, 8, 8),
        "pool2": (50, 4, 4),
        "flat": (800,),
        "ip1": (500,),
        "relu1": (500,),
        "ip2": (10,),
        "loss": (),
    }


def test_memory_is_four_bytes_for_each_value_that_leaves_a_node():
    found = report(lenet())
    assert found.nodes["conv1"].memory == 4 * 20 * 24 * 24
    assert found.memory == sum(told.memory for told in found.nodes.values())


def test_running_averages_are_no_parameters_and_frozen_weights_are():
    frozen = (WeightRule(learning_rate=0),)
    drawn = network(("x", "", Input(sizes=(7, 4, 4))), node("norm", "x", BatchNorm(), weight=frozen))
    assert report(drawn).params == 14
    assert [weight.name for weight in report(drawn).nodes["norm"].weights][2:] == ["running_mean", "running_variance"]


def test_shared_weights_are_counted_once():
    drawn = network(
        ("x", "", Input(sizes=(7,))),
        ("a", "x", Dense(units=5)),
        node("b", "x", Dense(units=5), weight=(WeightRule(same_as="a"),)),
        node("c", "x", Dense(units=5), weight=(WeightRule(name="weight", same_as="a"),)),
    )
    told = report(drawn).nodes
    assert [told[name].params for name in "abc"] == [40, 0, 5]
    assert report(drawn).params == 45


def test_the_node_s_own_rule_says_how_its_weights_begin():
    rules = (WeightRule(name="weight", init=Init(rule=He())),)
    drawn = network(("x", "", Input(sizes=(7,))), node("a", "x", Dense(units=5), weight=rules))
    weight, bias = report(drawn).nodes["a"].weights
    assert weight.init == He()
    assert bias.init == Dense().weights((7,))[1].init


def test_nodes_stand_in_the_author_s_order_even_where_wires_run_against_it():
    drawn = network(("c", "b", Dense()), ("b", "a", Dense()), ("a", "", Input(sizes=(3,))))
    assert list(report(drawn).nodes) == ["c", "b", "a"]
    assert shapes(drawn) == {"a": (3,), "b": (64,), "c": (64,)}


def test_what_does_not_depend_on_a_mistake_is_told():
    drawn = network(
        ("x", "", Input(sizes=(1, 9, 9))),
        ("good", "x", Conv2D(filters=4)),
        ("bad", "x", Conv2D(kernel=12)),
        ("behind", "bad", Conv2D()),
        ("stray", "nowhere", Conv2D()),
        ("free", "", Conv2D()),
        ("one", "two", Conv2D()),
        ("two", "one", Conv2D()),
        ("odd", "x", Unknown(type="ROIPooling")),
    )
    assert shapes(drawn) == {"x": (1, 9, 9), "good": (4, 7, 7)}
    assert set(report(drawn).nodes) == {given.name for given in drawn.nodes}


def test_a_muted_node_costs_nothing_and_a_bypassed_one_shows_what_it_hands_on():
    drawn = lenet().change("relu1", lambda it: replace(it, state="bypassed"))
    drawn = drawn.add(node("extra", "flat", Dense(units=7), state="muted"))
    found = report(drawn)
    assert found.params == 431_080
    assert found.nodes["extra"].params == 0
    assert found.nodes["extra"].outputs == ()
    assert found.nodes["relu1"].outputs == found.nodes["ip1"].outputs


def test_an_output_that_is_not_there_gives_no_shape():
    drawn = network(("x", "", Input(sizes=(3,))), ("a", "x:1", Dense()))
    assert shapes(drawn) == {"x": (3,)}


def test_several_wires_into_one_slot_are_told_in_their_order():
    drawn = network(("a", "", Input(sizes=(3, 1))), ("b", "", Input(sizes=(1, 5))), ("sum", "b a", Add()))
    assert shapes(drawn)["sum"] == (3, 5)


def test_moving_a_box_computes_nothing():
    model = Model(network=lenet())
    moved = replace(model, drawing=Drawing(places=(Place(node="conv1", x=40),)))
    assert report_of(moved) is report_of(model)


def chain(length):
    rows = [node(f"dense{place}", f"dense{place - 1}", Dense(units=8)) for place in range(1, length)]
    return network(("dense0", "", Input(sizes=(8,))), *rows)


def test_an_edit_asks_only_the_layers_again_that_it_reaches():
    drawn = chain(1000)
    report(drawn)
    asked = _cost.cache_info().misses
    found = report(drawn.set_layer("dense500", Dense(units=9)))
    assert _cost.cache_info().misses - asked <= 2  # the layer itself and the one behind it
    assert found.nodes["dense501"].params == 9 * 8 + 8


@pytest.mark.parametrize("length", [250, 1000])
def test_the_work_of_an_edit_grows_with_the_network_not_with_its_square(length):
    """Counted in Python calls, which do not depend on the machine."""
    drawn = chain(length)
    report(drawn)
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    edited = drawn.set_layer(f"dense{length // 2}", Dense(units=9))
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        report(edited)
    finally:
        sys.setprofile(before)
    assert calls < 40 * length
