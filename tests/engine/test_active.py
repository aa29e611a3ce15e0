"""What is executed: muted, bypassed, deployed."""

from dataclasses import replace

import pytest

from engine.active import active, deployed, deployment, needed
from engine.layers.activation import ReLU, Sigmoid, Softmax
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import CTC, Contrastive, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy
from engine.layers.merge import Add
from engine.layers.regularization import Dropout
from engine.node import Link
from tests.engine.drawn import lenet, network, node


def names(drawn):
    return [given.name for given in drawn.nodes]


def put(drawn, state, *which):
    for name in which:
        drawn = drawn.change(name, lambda it: replace(it, state=state))
    return drawn


def test_a_network_with_nothing_muted_or_bypassed_stays_the_same_object():
    drawn = lenet()
    assert active(drawn) is drawn


def test_a_bypassed_node_hands_on_its_first_input():
    drawn = active(put(lenet(), "bypassed", "relu1"))
    assert "relu1" not in drawn
    assert drawn["ip2"].inputs == (Link("ip1"),)


def test_of_several_bypassed_nodes_in_a_row_the_first_one_s_input_is_handed_on():
    drawn = active(put(lenet(), "bypassed", "pool2", "flat", "ip1", "relu1"))
    assert drawn["ip2"].inputs == (Link("conv2"),)


def test_a_bypassed_node_keeps_the_slot_and_the_output_that_its_wires_name():
    drawn = network(
        ("a", "", Input(sizes=(3,))),
        ("t", "", Target(sizes=(3,))),
        node("same", "a:1", ReLU(), state="bypassed"),
        ("loss", "target=t x=same", MeanSquaredError()),
    )
    assert active(drawn)["loss"].wires == (Link("a", 1, "x"), Link("t", 0, "target"))


def test_a_muted_node_is_left_out_with_whatever_only_it_feeds():
    drawn = network(
        ("x", "", Input(sizes=(3,))),
        ("main", "x", Dense()),
        node("side", "x", Dense(), state="muted"),
        ("behind", "side", ReLU()),
        ("sum", "main behind", Add()),
        ("alone", "behind", Add()),
    )
    assert names(active(drawn)) == ["x", "main", "sum"]
    assert active(drawn)["sum"].inputs == (Link("main"),)


def test_a_muted_loss_takes_its_target_along_but_not_what_it_compared():
    drawn = active(put(lenet(), "muted", "loss"))
    assert "digit" not in drawn
    assert "ip2" in drawn


def test_a_target_that_feeds_nothing_anyway_stays():
    drawn = put(lenet().add(node("unused", "", Target(classes=3))), "bypassed", "relu1")
    assert "unused" in active(drawn)


def test_a_bypassed_node_without_an_input_is_left_out_as_if_muted():
    drawn = network(node("x", "", Input(sizes=(3,)), state="bypassed"), ("a", "x", Dense()))
    assert names(active(drawn)) == []


@pytest.mark.parametrize("state", ["muted", "bypassed"])
def test_circles_and_wires_from_nowhere_do_no_harm(state):
    drawn = network(
        node("a", "b", ReLU(), state=state),
        node("b", "a", ReLU(), state=state),
        ("c", "b", ReLU()),
        node("d", "nowhere", ReLU(), state=state),
        ("e", "d", ReLU()),
    )
    assert set(names(active(drawn))) <= {"c", "e"}
    deployed(drawn)


def test_lenet_is_deployed_without_target_and_loss_and_with_a_softmax():
    found = deployment(lenet())
    assert set(names(lenet())) - set(names(found.network)) == {"digit", "loss"}
    assert names(found.network)[-1] == "ip2_probability"
    assert found.network["ip2_probability"].layer == Softmax()
    assert found.outputs == (Link("ip2_probability"),)


def test_a_sigmoid_loss_gets_a_sigmoid_and_a_squared_error_nothing():
    drawn = network(
        ("x", "", Input(sizes=(3,))),
        ("a", "x", Dense(units=1)),
        ("b", "x", Dense(units=3)),
        ("t", "", Target(sizes=(1,))),
        ("u", "", Target(sizes=(3,))),
        ("loss_a", "a t", SigmoidCrossEntropy()),
        ("loss_b", "b u", MeanSquaredError()),
    )
    found = deployment(drawn)
    assert found.outputs == (Link("a_probability"), Link("b"))
    assert found.network["a_probability"].layer == Sigmoid()


def test_the_softmax_runs_along_the_axis_of_its_loss():
    drawn = network(
        ("x", "", Input(sizes=(4, 5))), ("t", "", Target(5, (4,))), ("loss", "x t", SoftmaxCrossEntropy(axis=0))
    )
    assert deployed(drawn)["x_probability"].layer == Softmax(axis=0)


def test_two_losses_of_one_score_share_a_probability():
    drawn = lenet().add(node("again", "ip2 digit", SoftmaxCrossEntropy(weight=0.3)))
    assert deployment(drawn).outputs == (Link("ip2_probability"),)


def test_a_name_that_is_taken_gets_a_number():
    drawn = lenet().add(node("ip2_probability", "ip2", ReLU()))
    (output,) = deployment(drawn).outputs
    assert output.node == "ip2_probability1"
    assert deployed(drawn)[output.node].layer == Softmax()


def test_what_is_there_only_while_training_is_not_deployed_nor_what_it_alone_feeds():
    drawn = lenet().add(
        node("aux", "conv1", Dense(units=10), phase="train"),
        node("aux_score", "aux", ReLU()),
        node("aux_loss", "aux_score digit", SoftmaxCrossEntropy()),
    )
    assert names(deployed(drawn)) == names(deployed(lenet()))


def test_what_no_answer_needs_is_not_deployed():
    assert "extra" not in deployed(lenet().add(node("extra", "conv1", ReLU())))


def test_without_a_loss_the_nodes_that_feed_nothing_are_the_answers():
    drawn = network(("x", "", Input(sizes=(3,))), ("a", "x", Dense()), ("b", "x", Dense()))
    assert deployment(drawn).outputs == (Link("a"), Link("b"))
    assert names(deployed(drawn)) == ["x", "a", "b"]


def test_a_bypassed_dropout_is_not_deployed():
    drawn = network(
        ("x", "", Input(sizes=(3,))),
        node("drop", "x", Dropout(), state="bypassed"),
        ("a", "drop", Dense(units=2)),
        ("t", "", Target(2)),
        ("loss", "a t", SoftmaxCrossEntropy()),
    )
    assert names(deployed(drawn)) == ["x", "a", "a_probability"]


def test_when_the_only_loss_is_left_out_what_then_feeds_nothing_is_the_answer():
    assert deployment(put(lenet(), "muted", "ip1")).outputs == (Link("flat"),)


def test_an_input_that_is_compared_as_it_is_is_deployed():
    drawn = network(("x", "", Input(sizes=(3,))), ("t", "", Target(3)), ("loss", "x t", SoftmaxCrossEntropy()))
    assert names(deployed(drawn)) == ["x", "x_probability"]


def test_needed_keeps_the_author_s_order():
    drawn = network(("b", "a", ReLU()), ("other", "a", ReLU()), ("a", "", Input(sizes=(3,))))
    assert names(needed(drawn, ["b"])) == ["b", "a"]


def test_vectors_that_a_loss_compares_among_themselves_are_all_answers():
    drawn = network(
        ("left", "", Input(sizes=(3,))),
        ("right", "", Input(sizes=(3,))),
        ("same", "", Target(classes=2)),
        ("one", "left", Dense(units=2)),
        ("other", "right", Dense(units=2)),
        ("loss", "one other same", Contrastive()),
    )
    assert deployment(drawn).outputs == (Link("one"), Link("other"))


def test_where_reading_ends_is_no_answer():
    drawn = network(
        ("x", "", Input(sizes=(9, 4))),
        ("until", "", Input(sizes=(9,))),
        ("y", "", Target(classes=5, sizes=(3,))),
        ("score", "x", Dense(units=5)),
        ("loss", "score y until", CTC()),
    )
    found = deployment(drawn)
    assert found.outputs == (Link("score_probability"),)
    assert names(found.network) == ["x", "score", "score_probability"]
