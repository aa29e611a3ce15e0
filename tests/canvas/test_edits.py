"""Edits are functions: the model before stays what it was, and what is not meant stays the same object."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from canvas import edits
from engine.drawing import Probe, Reroute
from engine.layers import CATALOGUE
from engine.node import Link, WeightRule
from engine.schema.read import read
from engine.schema.write import write
from tests.canvas.bench import lenet, model_of, node
from tests.canvas.steps import apply, steps


def layer(spelling):
    return CATALOGUE.get(spelling).fresh()


def test_names_count_from_one_and_the_first_input_target_and_loss_have_none():
    model = lenet()
    assert edits.add(model, layer("conv2d"), 0, 0)[1] == "conv2"
    assert edits.add(model, layer("dense"), 0, 0)[1] == "dense1"
    assert edits.add(model, layer("input"), 0, 0)[1] == "input"
    assert edits.add(model, layer("mean_squared_error"), 0, 0)[1] == "loss1"
    assert edits.add(model, layer("batch_norm"), 0, 0)[1] == "norm1"


def test_healing_joins_over_several_nodes_and_keeps_slots():
    healed = edits.heal(lenet(), ["flat", "score"])
    assert [str(link) for link in healed.network["loss"].inputs] == ["pool1", "digit"]


def test_healing_a_node_without_inputs_takes_its_wires_away():
    healed = edits.heal(lenet(), ["image"])
    assert healed.network["conv1"].inputs == ()


def test_moving_changes_places_only():
    model = lenet()
    moved = edits.move(model, {"conv1": (5.0, 6.0)})
    assert moved.network is model.network
    assert next(p for p in moved.drawing.places if p not in model.drawing.places).x == 5.0


def test_what_the_drawing_says_of_a_node_goes_with_it():
    model = lenet()
    drawing = replace(
        model.drawing, probes=(Probe("conv1:0"), Probe("score/weight")), reroutes=(Reroute("pool1", 0, 1, 2),)
    )
    gone = edits.remove(replace(model, drawing=drawing), ["conv1"]).drawing
    assert gone.probes == (Probe("score/weight"),)
    assert gone.reroutes == ()
    assert "conv1" not in {place.node for place in gone.places}


def test_points_of_a_wire_follow_it_when_an_input_before_it_goes():
    nodes = [node(name, "input", sizes=(4,)) for name in "abc"]
    model = model_of(*nodes, node("sum", "add", "a", "b", "c"))
    model = edits.bend(model, ("sum", 2), [(10, 20)])
    without = edits.disconnect(model, [("sum", 0)])
    assert without.drawing.reroutes == (Reroute("sum", 1, 10, 20),)


def test_points_of_a_wire_move_along_when_both_ends_move():
    model = edits.bend(lenet(), ("pool1", 0), [(10, 20)])
    both = edits.move(model, {"conv1": (100, 72), "pool1": (100, 144)})
    one = edits.move(model, {"conv1": (100, 72)})
    assert both.drawing.reroutes[0].x == 110
    assert one.drawing.reroutes[0].x == 10


def test_pasting_gives_free_names_and_keeps_shared_weights_inside():
    a, b = node("a", "dense"), node("b", "dense", "a")
    shared = replace(b, weight=(WeightRule(same_as="a"),))
    model = model_of(a, shared)
    piece = edits.fragment(model, ["a", "b"])
    pasted, names = edits.paste(model, piece, (24, 24))
    assert names == ("a1", "b1")
    assert pasted.network["b1"].inputs == (Link("a1"),)
    assert pasted.network["b1"].weight[0].same_as == "a1"


def test_a_fragment_survives_the_way_over_text():
    piece = edits.fragment(lenet(), ["conv1", "pool1"])
    assert read(write(piece)).model.network == piece.network


def test_laying_out_leaves_pinned_nodes_and_the_network_alone():
    model = edits.pin(lenet(), ["digit"], True)
    laid = edits.arranged(model)
    places = {place.node: place for place in laid.drawing.places}
    assert (places["digit"].x, places["digit"].y, places["digit"].pinned) == (320, 288, True)
    assert laid.network is model.network


@given(some.lists(steps, max_size=8))
def test_whatever_is_done_every_node_has_one_place_and_every_wire_two_ends(done):
    model = lenet()
    text = write(model)
    for step in done:
        model = apply(model, step)
        held = model.network.by_name
        assert sorted(place.node for place in model.drawing.places) == sorted(held)
        assert all(link.node in held for n in model.network.nodes for link in n.inputs)
        assert all(p.node in held and p.input < len(held[p.node].inputs) for p in model.drawing.reroutes)
    assert write(lenet()) == text
    assert read(write(model)).model == model
