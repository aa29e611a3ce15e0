"""Blocks opened: names, wires, values, repeats, shared weights; what is muted, bypassed or only for training."""

from dataclasses import replace

import pytest

from engine.active import active, deployment, executed, validated
from engine.blocks import Block, Parameter, Setting, Use
from engine.flat import flat_of
from engine.instances import DEEPEST, LARGEST
from engine.layers.activation import GELU, ReLU
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.dense import Dense
from engine.layers.loss import MeanSquaredError
from engine.layers.merge import Add
from engine.layers.normalization import BatchNorm
from engine.layers.regularization import Dropout
from engine.model import Model
from engine.network import Network
from engine.node import Bind, Link, WeightRule
from engine.report import report_of
from engine.training.metrics import MeanAbsoluteError
from engine.training.recipe import Metric, Recipe
from tests.engine.drawn import lenet, network, node
from tests.engine.residual import drawn, plain_name, written_out

TWICE = Block("twice", (), ("x",), ("b",), (node("a", "x", Dense(units=5)), node("b", "a", ReLU())))


def with_blocks(*nodes, blocks=(TWICE,)):
    """An input of five numbers and these nodes."""
    return Network((node("x", "", Input(sizes=(5,))), *nodes), blocks)


def flat(*nodes, blocks=(TWICE,)):
    found = flat_of(with_blocks(*nodes, blocks=blocks))
    assert not found.refusals
    return found.network


def wires(found):
    return {node.name: " ".join(map(str, node.inputs)) for node in found.nodes}


def refusal(*nodes, blocks=(TWICE,)):
    (error,) = flat_of(with_blocks(*nodes, blocks=blocks)).refusals.values()
    assert error.hint
    return error.message


def test_a_network_without_blocks_stays_the_same_object():
    plain = lenet()
    assert flat_of(plain).network is plain


def test_a_use_gives_its_place_to_the_nodes_inside():
    found = flat(node("u", "x", Use("twice")), node("end", "u", ReLU()))
    assert wires(found) == {"x": "", "u/a": "x", "u/b": "u/a", "end": "u/b"}


def test_repeated_each_output_feeds_the_next_input():
    found = flat(node("u", "x", Use("twice", repeat=3)), node("end", "u", ReLU()))
    assert wires(found) == {
        "x": "",
        "u/0/a": "x",
        "u/0/b": "u/0/a",
        "u/1/a": "u/0/b",
        "u/1/b": "u/1/a",
        "u/2/a": "u/1/b",
        "u/2/b": "u/2/a",
        "end": "u/2/b",
    }


def test_the_order_in_which_nodes_are_written_does_not_matter():
    found = flat(node("end", "v", ReLU()), node("v", "u", Use("twice")), node("u", "x", Use("twice")))
    assert wires(found) == {"x": "", "end": "v/b", "v/a": "u/b", "v/b": "v/a", "u/a": "x", "u/b": "u/a"}


def test_inputs_come_in_order_or_by_name_and_outputs_by_number():
    two = Block("two", (), ("a", "b"), ("b", "out"), (node("out", "a b", Add()),))
    found = flat(
        node("u", "a=other x", Use("two")),
        node("other", "x", Dense()),
        node("first", "u", ReLU()),
        node("second", "u:1", ReLU()),
        blocks=(two,),
    )
    assert wires(found) == {"x": "", "u/out": "other x", "other": "x", "first": "x", "second": "u/out"}


def test_an_input_beyond_the_outputs_is_given_to_every_repeat():
    two = Block("two", (), ("x", "aside"), ("out",), (node("out", "x aside", Add()),))
    found = flat(node("u", "x other", Use("two", repeat=2)), node("other", "x", Dense()), blocks=(two,))
    assert wires(found)["u/1/out"] == "u/0/out other"


def test_an_output_of_an_inner_node_may_be_any():
    block = Block("b", (), ("x",), ("two:1",), (node("two", "x", Use("pair")),))
    pair = Block("pair", (), ("x",), ("p", "q"), (node("p", "x", ReLU()), node("q", "x", GELU())))
    found = flat(node("u", "x", Use("b")), node("end", "u", ReLU()), blocks=(block, pair))
    assert wires(found)["end"] == "u/two/q"


def test_blocks_that_only_hand_on_leave_nothing():
    through = Block("through", (), ("x",), ("x",), ())
    found = flat(node("u", "x", Use("through", repeat=3)), node("end", "u", ReLU()), blocks=(through,))
    assert wires(found) == {"x": "", "end": "x"}


def test_blocks_that_hand_on_to_each_other_in_a_circle_end():
    through = Block("through", (), ("x",), ("x",), ())
    found = with_blocks(node("u", "v", Use("through")), node("v", "u", Use("through")), node("end", "u", ReLU()))
    report = report_of(Model(network=replace(found, blocks=(through,))))
    errors = [(problem.node, problem.message) for problem in report.problems if problem.severity == "error"]
    assert errors == [("end", "it is fed by 'u', a block on a circle")]


FIELDS = Block(
    "fields",
    (Parameter("n", whole=8), Parameter("share", real=0.25), Parameter("on", flag=True), Parameter("pad", text="same")),
    ("x",),
    ("drop",),
    (
        node(
            "conv",
            "x",
            Conv2D(),
            bind=(
                Bind("filters", "n // 2 + index"),
                Bind("kernel", "2 * index + 1"),
                Bind("bias", "on"),
                Bind("auto_pad", "pad"),
            ),
        ),
        node("drop", "conv", Dropout(), bind=(Bind("rate", "share * index"),)),
    ),
)


def test_fields_follow_parameters_and_the_number_of_the_repeat():
    given = (Setting("n", whole=10), Setting("on", flag=False), Setting("share", whole=0))
    found = flat(node("u", "x", Use("fields", repeat=3)), node("v", "u", Use("fields", set=given)), blocks=(FIELDS,))
    assert [found[f"u/{n}/conv"].layer for n in range(3)] == [
        Conv2D(filters=4 + n, kernel=2 * n + 1, auto_pad="same") for n in range(3)
    ]
    assert [found[f"u/{n}/drop"].layer.rate for n in range(3)] == [0, 0.25, 0.5]
    assert found["v/conv"].layer == Conv2D(filters=5, kernel=1, bias=False, auto_pad="same")
    assert all(not node.bind for node in found.nodes)


def test_a_block_within_a_block_is_set_by_the_outer_one_s_parameters_and_index():
    inner = Block(
        "inner", (Parameter("n", whole=1),), ("x",), ("a",), (node("a", "x", Dense(), bind=(Bind("units", "n"),)),)
    )
    outer = Block(
        "outer",
        (Parameter("n", whole=3),),
        ("x",),
        ("u",),
        (node("u", "x", Use("inner", repeat=2, set=(Setting("n", to="n * 10 + index"),))),),
    )
    found = flat(node("v", "x", Use("outer", repeat=2)), blocks=(outer, inner))
    units = {node.name: node.layer.units for node in found.nodes if isinstance(node.layer, Dense)}
    assert units == {"v/0/u/0/a": 30, "v/0/u/1/a": 30, "v/1/u/0/a": 31, "v/1/u/1/a": 31}


def test_a_node_outside_of_blocks_may_be_bound_to_numbers():
    assert flat(node("a", "x", Dense(), bind=(Bind("units", "4 * 16"),)))["a"].layer.units == 64


def shares(found):
    return {node.name: found.owner_of(node.name, "weight") for node in found.nodes if isinstance(node.layer, Dense)}


def test_shared_all_repeats_and_uses_have_the_weights_of_the_first():
    found = flat(
        node("u", "x", Use("twice", repeat=2, shared=True)),
        node("own", "u", Use("twice")),
        node("v", "own", Use("twice", shared=True)),
    )
    assert shares(found) == {
        "u/0/a": "u/0/a/weight",
        "u/1/a": "u/0/a/weight",
        "own/a": "own/a/weight",
        "v/a": "u/0/a/weight",
    }
    assert all(not node.weight for node in found.nodes if isinstance(node.layer, ReLU))


def test_shared_blocks_within_blocks_share_through_all_levels():
    outer = Block(
        "outer", (), ("x",), ("v",), (node("u", "x", Use("twice")), node("v", "u", Use("twice", shared=True)))
    )
    found = flat(
        node("w", "x", Use("outer", repeat=2)),
        node("z", "w", Use("outer", shared=True)),
        node("y", "z", Use("outer", shared=True)),
        blocks=(outer, TWICE),
    )
    assert shares(found) == {
        "w/0/u/a": "w/0/u/a/weight",
        "w/0/v/a": "w/0/v/a/weight",
        "w/1/u/a": "w/1/u/a/weight",
        "w/1/v/a": "w/0/v/a/weight",
        "z/u/a": "z/u/a/weight",
        "z/v/a": "w/0/v/a/weight",
        "y/u/a": "z/u/a/weight",
        "y/v/a": "w/0/v/a/weight",
    }


def test_shared_weights_are_counted_once():
    found = report_of(Model(network=with_blocks(node("u", "x", Use("twice", repeat=4, shared=True)))))
    assert found.nodes["u"].params == found.params == 5 * 5 + 5
    assert found.nodes["u"].macs == 4 * 25


def test_the_first_of_those_that_share_may_be_muted():
    found = active(
        with_blocks(
            node("u", "x", Use("twice", shared=True), state="muted"),
            node("v", "x", Use("twice", shared=True)),
            node("w", "v", Use("twice", shared=True)),
        )
    )
    assert shares(found) == {"v/a": "v/a/weight", "w/a": "v/a/weight"}


def test_rules_of_a_use_hold_for_all_in_it_or_for_the_weight_that_they_name():
    rules = (WeightRule(learning_rate=0), WeightRule("1/a/bias", learning_rate=3))
    found = flat(node("u", "x", Use("twice", repeat=2), weight=rules))
    rates = {(n, w): found[f"u/{n}/a"].rule_for(w).learning_rate for n in (0, 1) for w in ("weight", "bias")}
    assert rates == {(0, "weight"): 0, (0, "bias"): 0, (1, "weight"): 0, (1, "bias"): 3}


def test_a_use_shares_with_another_use_node_by_node():
    rules = (WeightRule(same_as="u"),)
    drawn = with_blocks(node("u", "x", Use("twice", repeat=2)), node("v", "x", Use("twice", repeat=2), weight=rules))
    assert shares(flat_of(drawn).network)["v/1/a"] == "u/1/a/weight"
    renamed = drawn.rename("u", "left")
    assert shares(flat_of(renamed).network)["v/1/a"] == "left/1/a/weight"


def test_sharing_with_a_node_inside_outlives_a_new_name_of_the_use():
    drawn = with_blocks(
        node("u", "x", Use("twice")), node("d", "x", Dense(units=5), weight=(WeightRule(same_as="u/a"),))
    )
    assert drawn.rename("u", "left")["d"].weight == (WeightRule(same_as="left/a"),)


def test_inner_nodes_share_within_their_block():
    block = Block(
        "b", (), ("x",), ("b",), (node("a", "x", Dense(5)), node("b", "a", Dense(5), weight=(WeightRule(same_as="a"),)))
    )
    found = flat(node("u", "x", Use("b", repeat=2)), blocks=(block,))
    assert shares(found) == {
        "u/0/a": "u/0/a/weight",
        "u/0/b": "u/0/a/weight",
        "u/1/a": "u/1/a/weight",
        "u/1/b": "u/1/a/weight",
    }


def test_a_muted_use_is_left_out_and_a_bypassed_one_hands_on():
    def left(state):
        return wires(active(with_blocks(node("u", "x", Use("twice"), state=state), node("end", "u", ReLU()))))

    assert left("muted") == {}  # the input feeds nothing any more
    assert left("bypassed") == {"x": "", "end": "x"}


def test_inner_nodes_may_be_muted_or_bypassed():
    block = replace(
        TWICE,
        nodes=(*TWICE.nodes[:1], replace(TWICE.nodes[1], state="bypassed"), node("c", "a", GELU(), state="muted")),
    )
    found = active(with_blocks(node("u", "x", Use("twice")), node("end", "u", ReLU()), blocks=(block,)))
    assert wires(found) == {"x": "", "u/a": "x", "end": "u/a"}


def test_a_use_for_training_only_is_not_deployed():
    drawn = with_blocks(
        node("main", "x", Use("twice")),
        node("aux", "main", Use("twice"), phase="train"),
        node("t", "", Target(sizes=(5,))),
        node("loss", "main t", MeanSquaredError()),
        node("more", "aux t", MeanSquaredError()),
    )
    assert "aux/a" in active(drawn)
    assert "aux/a" not in validated(drawn)
    assert deployment(drawn).outputs == deployment(drawn).fed == (Link("main/b"),)


def test_a_block_may_hold_a_loss_and_no_output():
    head = Block("head", (), ("x", "t"), (), (node("d", "x", Dense(units=2)), node("loss", "d t", MeanSquaredError())))
    drawn = with_blocks(node("t", "", Target(sizes=(2,))), node("aux", "x t", Use("head")), blocks=(head,))
    assert [p for p in report_of(Model(network=drawn)).problems if p.severity != "suggestion"] == []
    assert deployment(drawn).outputs == (Link("aux/d"),)


def test_metrics_compare_what_a_use_stands_for():
    drawn = with_blocks(
        node("u", "x", Use("twice")), node("t", "", Target(sizes=(5,))), node("l", "u t", MeanSquaredError())
    )
    model = Model(network=drawn, recipe=Recipe(metrics=(Metric(MeanAbsoluteError(), (Link("u"), Link("t"))),)))
    assert executed(model).recipe.metrics[0].inputs == (Link("u/b"), Link("t"))
    assert [p for p in report_of(model).problems if p.severity == "error"] == []


def test_a_free_input_that_only_optional_slots_take_may_stay_free():
    needed = Block("needed", (), ("x", "y"), ("a",), (node("a", "x y", Add()),))
    assert refusal(node("u", "x", Use("needed")), blocks=(needed,)) == "its input 'y' is free"
    unused = replace(needed, nodes=(node("a", "x", ReLU()),))
    assert wires(flat(node("u", "x", Use("needed")), blocks=(unused,)))["u/a"] == "x"


def test_wires_that_a_block_has_no_input_for_are_refused():
    assert refusal(node("u", "x x", Use("twice"))) == "it has 2 wires for 1 inputs"
    assert refusal(node("u", "mask=x", Use("twice"))) == "it has no input named 'mask'"


BROKEN = {
    "has 2 inputs or nodes named 'x'": replace(TWICE, nodes=(node("x", "", ReLU()), *TWICE.nodes)),
    "has an input or node named 'a:b'": replace(TWICE, nodes=(node("a:b", "x", ReLU()), *TWICE.nodes)),
    "gives out 'c', which is not there": replace(TWICE, outputs=("c",)),
    "has an output 'b:x'": replace(TWICE, outputs=("b:x",)),
    "has no output": replace(TWICE, outputs=()),
    "has no default for its parameter 'n'": replace(TWICE, parameters=(Parameter("n"),)),
    "has several defaults for its parameter 'n'": replace(TWICE, parameters=(Parameter("n", whole=1, text="a"),)),
    "has a parameter that cannot be called 'index'": replace(TWICE, parameters=(Parameter("index", whole=1),)),
    "has a parameter that cannot be called 'a b'": replace(TWICE, parameters=(Parameter("a b", whole=1),)),
    "has 2 parameters named 'n'": replace(TWICE, parameters=(Parameter("n", whole=1), Parameter("n", whole=2))),
    "holds 'y', and data enter the network outside of blocks only": replace(
        TWICE, nodes=(node("y", "", Input()), *TWICE.nodes)
    ),
}


@pytest.mark.parametrize(("message", "block"), BROKEN.items(), ids=lambda it: it if isinstance(it, str) else "")
def test_a_block_that_cannot_be_opened_says_why(message, block):
    assert refusal(node("u", "x", Use("twice")), blocks=(block,)).startswith(f"the block 'twice' {message}")


def test_blocks_that_stand_in_each_other_in_a_circle_are_told_with_their_way():
    a = replace(TWICE, name="a", nodes=(node("b", "x", Use("b")),))
    b = replace(TWICE, name="b", nodes=(node("b", "x", Use("a")),))
    assert refusal(node("u", "x", Use("a")), blocks=(a, b)).endswith("the block 'a' would stand in itself: a → b → a")


def test_blocks_stand_in_each_other_only_so_deep():
    chain = [replace(TWICE, name=f"b{n}", nodes=(node("b", "x", Use(f"b{n + 1}")),)) for n in range(500)]
    last = replace(TWICE, name="b500")
    assert refusal(node("u", "x", Use("b0")), blocks=(*chain, last)).endswith(f"more than {DEEPEST} deep in each other")
    assert wires(flat(node("u", "x", Use(f"b{501 - DEEPEST}")), blocks=(*chain, last)))


@pytest.mark.parametrize("repeats", [(1_000_000,), (1_000, 1_000), (100, 100, 100), (LARGEST // 2 + 1,)])
def test_what_would_make_too_many_nodes_is_refused_before_it_is_made(repeats):
    """Also where nothing stands in the innermost block, so that only the repeats are many."""
    for innermost in (TWICE, Block("twice", (), ("x",), ("x",))):
        levels = [Use("twice", repeat=repeats[-1])]
        blocks = [innermost]
        for number, repeat in enumerate(reversed(repeats[:-1])):
            blocks.append(Block(f"b{number}", (), ("x",), ("u",), (node("u", "x", levels[-1]),)))
            levels.append(Use(f"b{number}", repeat=repeat))
        if innermost is TWICE or len(repeats) > 1 or repeats[0] > LARGEST:
            assert refusal(node("u", "x", levels[-1]), blocks=tuple(blocks)).endswith("more than 20,000 nodes")


def test_several_uses_make_not_more_nodes_together_than_one_may():
    half = Use("twice", repeat=LARGEST // 4)
    found = flat_of(with_blocks(*(node(f"u{n}", "x", half) for n in range(4))))
    assert list(found.refusals) == ["u2", "u3"]
    assert len(found.network.nodes) == 1 + LARGEST + 2


def test_widths_that_grow_from_level_to_level_stay_numbers():
    """Squared at each of thirty levels, a number would have billions of digits."""
    chain = [
        Block(
            f"b{n}",
            (Parameter("n", whole=9),),
            ("x",),
            ("u",),
            (node("u", "x", Use(f"b{n + 1}", set=(Setting("n", to="n * n"),))),),
        )
        for n in range(30)
    ]
    last = Block("b30", (Parameter("n", whole=9),), ("x",), ("x",))
    assert "it comes to a number beyond" in refusal(node("u", "x", Use("b0")), blocks=(*chain, last))


def test_an_inner_node_is_not_called_as_another_one():
    found = report_of(Model(network=with_blocks(node("u", "x", Use("twice")), node("u/a", "x", ReLU()))))
    assert "there is another node named 'u/a'" in [p.message.removeprefix("a: ") for p in found.problems]


def test_an_edit_elsewhere_leaves_what_is_opened_as_it_is():
    before = drawn()
    after = before.set_layer("score", Dense(units=7))
    pairs = zip(flat_of(before).network.nodes, flat_of(after).network.nodes, strict=True)
    assert [a.name for a, b in pairs if a is not b] == ["score"]


def test_a_residual_network_of_blocks_is_the_one_that_is_written_out():
    opened = flat_of(drawn()).network
    plain = written_out()
    assert {plain_name(node.name): (node.layer, node.phase) for node in opened.nodes} == {
        node.name: (node.layer, node.phase) for node in plain.nodes
    }
    assert {plain_name(node.name): [plain_name(str(link)) for link in node.inputs] for node in opened.nodes} == {
        node.name: [str(link) for link in node.inputs] for node in plain.nodes
    }


def test_its_costs_are_the_same_inside_and_outside():
    found, plain = report_of(Model(network=drawn())), report_of(Model(network=written_out()))
    assert (found.params, found.macs, found.memory) == (plain.params, plain.macs, plain.memory)
    for name, told in plain.nodes.items():
        inner = next(inner for inner in found.nodes if plain_name(inner) == name)
        assert found.nodes[inner] == told
    stages = {"stage1": "ab", "stage2": "cde", "stage2/rest": "de", "stage2/first": "c"}
    for use, parts in stages.items():
        inside = [told for name, told in plain.nodes.items() if name[:2] in {f"{part}_" for part in parts}]
        assert found.nodes[use].outputs == plain.nodes[f"{parts[-1]}_out"].outputs
        for cost in ("params", "macs", "memory"):
            assert getattr(found.nodes[use], cost) == sum(getattr(told, cost) for told in inside)


def test_problems_inside_are_told_of_the_use_with_the_inner_node_and_once():
    big = Block(
        "big",
        (),
        ("x",),
        ("c",),
        (node("b", "x", Conv2D(padding=1)), node("n", "b", BatchNorm()), node("c", "n", Conv2D(kernel=1))),
    )
    drawn = network(("x", "", Input(sizes=(3, 9, 9)))).add(node("u", "x", Use("big", repeat=5)))
    found = report_of(Model(network=replace(drawn, blocks=(big,)))).problems_of["u"]
    assert [problem.message.split(":")[0] for problem in found] == ["0/b"]
    wrong = replace(big, nodes=(node("c", "x", Conv2D(kernel=12)),))
    (problem,) = report_of(Model(network=replace(drawn, blocks=(wrong,)))).problems_of["u"]
    assert problem.severity == "error"
    assert problem.message.startswith("0/c: ")
