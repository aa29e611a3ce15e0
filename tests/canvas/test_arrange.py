"""The layered layout: rows, no overlap, straight chains, few crossings, the same every time."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as some

from canvas.arrange import arrange
from canvas.geometry import HEIGHT, WIDTH
from engine.layers import CATALOGUE
from engine.network import Network
from engine.node import Link, Node
from tests.canvas.bench import lenet, node


def places(network: Network) -> dict[str, tuple[float, float]]:
    return {place.node: (place.x, place.y) for place in arrange(network).places}


def residual(blocks: int) -> Network:
    nodes, last = [node("image", "input", sizes=(8, 8, 8))], "image"
    for i in range(blocks):
        nodes += [node(f"a{i}", "relu", last), node(f"b{i}", "relu", f"a{i}"), node(f"c{i}", "add", f"b{i}", last)]
        last = f"c{i}"
    return Network(tuple(nodes))


def test_a_chain_stands_in_one_column():
    laid = places(lenet().network)
    chain = [laid[name] for name in ("image", "conv1", "pool1", "flat", "score", "loss")]
    assert len({x for x, _ in chain}) == 1
    assert [y for _, y in chain] == [72.0 * row for row in range(6)]


def test_a_target_stands_beside_what_it_is_compared_with():
    laid = places(lenet().network)
    assert laid["digit"][1] == laid["score"][1]


def test_a_residual_network_is_straight_and_its_shortcuts_pass_beside():
    network = residual(4)
    drawing = arrange(network)
    assert len({place.x for place in drawing.places}) == 1
    column = drawing.places[0].x
    assert len(drawing.reroutes) == 8
    assert all(not column <= point.x <= column + WIDTH for point in drawing.reroutes)


def test_two_branches_that_could_cross_do_not():
    crossed = Network(
        (
            node("a", "input", sizes=(4,)), node("b", "input", sizes=(4,)),
            node("y", "relu", "b"), node("x", "relu", "a"),
            node("xx", "relu", "x"), node("yy", "relu", "y"), node("sum", "add", "xx", "yy"),
        )
    )  # fmt: skip
    laid = places(crossed)
    order = [[laid[upper][0] < laid[lower][0]] for upper, lower in (("a", "b"), ("x", "y"), ("xx", "yy"))]
    assert order[0] == order[1] == order[2] == [True]


def test_a_circle_is_drawn_as_well():
    network = Network((node("a", "relu", "c"), node("b", "relu", "a"), node("c", "relu", "b")))
    assert len(set(places(network).values())) == 3


def test_parts_that_are_not_connected_stand_side_by_side():
    laid = places(Network(tuple(node(f"n{i}", "dense") for i in range(20))))
    assert len(set(laid.values())) == 20
    assert {y for _, y in laid.values()} == {0.0, 72.0, 144.0, 216.0}


def test_only_the_chosen_nodes_are_laid_out_from_where_they_are():
    drawing = arrange(lenet().network, ["conv1", "pool1"], 80, 160)
    assert [(p.node, p.x, p.y) for p in drawing.places] == [("conv1", 80, 160), ("pool1", 80, 232)]


def networks() -> some.SearchStrategy[Network]:
    def build(choices: list[list[int]]) -> Network:
        add, relu = CATALOGUE.get("add")(), CATALOGUE.get("relu")()
        nodes = []
        for i, feeders in enumerate(choices):
            links = tuple(Link(f"n{f % i}") for f in dict.fromkeys(feeders)) if i else ()
            nodes.append(Node(f"n{i}", links, add if len(links) > 1 else relu))
        return Network(tuple(nodes))

    return some.lists(some.lists(some.integers(0, 30), max_size=3), min_size=1, max_size=30).map(build)


@given(networks())
def test_boxes_never_overlap_and_every_wire_leads_down(network):
    laid = places(network)
    spots = sorted(laid.values(), key=lambda spot: (spot[1], spot[0]))
    for (ax, ay), (bx, by) in itertools.pairwise(spots):
        assert by - ay >= HEIGHT or bx - ax >= WIDTH
    assert all(laid[link.node][1] < laid[n.name][1] for n in network.nodes for link in n.inputs)
    assert laid == places(network)
