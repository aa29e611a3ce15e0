"""The canonical form."""

from dataclasses import replace

from engine.drawing import Drawing, Place
from engine.layers.convolution import Conv2D
from engine.layers.dense import Dense
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node, WeightRule
from engine.schema.layout import WIDTH
from engine.schema.read import read
from engine.schema.write import write, write_node


def node(layer, **fields) -> Node:
    return Node(name="a", inputs=(Link("x"),), layer=layer, **fields)


def test_an_empty_model_is_its_header() -> None:
    assert write(Model()) == "netwright: 1\n"


def test_what_equals_its_default_is_left_out() -> None:
    assert write_node(node(Dense(units=64, bias=True))) == 'node { name: "a" from: "x" dense { } }'


def test_equal_numbers_on_every_axis_are_written_once() -> None:
    assert "kernel: 5 padding: [1, 0, 1, 0]" in write_node(node(Conv2D(kernel=(5, 5), padding=(1, 0))))


def test_a_node_is_one_line_while_it_fits() -> None:
    def named(length: int) -> str:
        return write_node(replace(node(Dense(units=3)), name="n" * length))

    fitting = WIDTH - len(named(1)) + 1
    assert len(named(fitting)) == WIDTH
    assert named(fitting + 1).splitlines()[0] == "node {"
    assert named(fitting + 1).splitlines()[2:] == ['  from: "x"', "  dense { units: 3 }", "}"]


def test_the_note_stands_above_its_node() -> None:
    assert write_node(node(Dense(), note="why\n\n#! how")).startswith("# why\n#\n##! how\nnode {")


def test_the_drawing_is_the_last_section_and_moving_a_box_changes_only_its_line() -> None:
    network = Network((node(Dense()),))
    before = write(Model(network=network, drawing=Drawing(places=(Place("a", 1, 2), Place("b", 3, 4)))))
    after = write(Model(network=network, drawing=Drawing(places=(Place("a", 1, 2), Place("b", 3, 5.5)))))
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert changed == [('  place { node: "b" x: 3 y: 4 }', '  place { node: "b" x: 3 y: 5.5 }')]
    assert before.splitlines()[-4:-2] == ["canvas {", '  place { node: "a" x: 1 y: 2 }']


def test_numbers_have_the_fewest_digits_that_read_back() -> None:
    rule = WeightRule(learning_rate=0.1 + 0.2, decay=1e-8)
    text = write_node(node(Dense(), weight=(rule,)))
    assert "learning_rate: 0.30000000000000004 decay: 1e-08" in text
    assert read(f"netwright: 1\n{text}").model.network["a"].weight == (rule,)
