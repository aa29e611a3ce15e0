"""The status bar names the formats that this very network can go to."""

from dataclasses import replace

from pytestqt.qtbot import QtBot

from designer.destinations import Destinations
from designer.window import Window
from engine.conversion import refusal
from engine.formats import format_named
from engine.layers.data import Constant, Target
from engine.layers.loss import MeanSquaredError
from engine.model import Model
from engine.network import Network
from engine.node import Link, Node
from engine.opening import open_model
from engine.report import report_of

ONNX = format_named("onnx")


def only_a_constant() -> Model:
    """A network whose answer hangs on no input, so that nobody could say how many samples there are."""
    wires = (Link("one"), Link("asked"))
    nodes = (Node("one", (), Constant(sizes=(3,))), Node("asked", (), Target(sizes=(3,))))
    return Model(network=Network((*nodes, Node("loss", wires, MeanSquaredError()))))


def test_what_can_be_written_is_refused_by_no_reason_and_what_cannot_by_that_of_the_writer() -> None:
    assert refusal(open_model("gallery:lenet").model, ONNX) == ""
    assert "needs an input beside a constant" in refusal(only_a_constant(), ONNX)


def test_large_weights_are_not_made_for_a_trial() -> None:
    assert refusal(open_model("gallery:vgg16").model, ONNX) == ""


def test_a_rested_drawing_is_tried_and_told_below(window: Window, qtbot: QtBot) -> None:
    window.destinations.look()
    qtbot.waitUntil(lambda: "ONNX" in window.status.formats.text(), timeout=20_000)
    assert window.status.formats.text().startswith("goes to: ")
    network = window.desk.document.model.network.change("conv1", lambda node: replace(node, inputs=()))
    window.desk.document.edit("Cut", replace(window.desk.document.model, network=network))
    window.destinations.look()
    qtbot.waitUntil(lambda: "no other format" in window.status.formats.text(), timeout=20_000)
    assert "conv1" in window.status.formats.toolTip()


def test_an_edit_that_leaves_the_network_alone_tries_nothing(qtbot: QtBot) -> None:
    model = open_model("gallery:lenet").model
    destinations = Destinations()
    destinations.display(model, report_of(model))
    destinations.look()
    destinations.finish()
    destinations.display(replace(model, name="other"), report_of(model))
    assert not destinations._later.isActive()
