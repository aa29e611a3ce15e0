"""Whatever somebody draws, half finished or senseless, has a report and something that is executed of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.active import active, deployment, validated
from engine.blocks import Block, Parameter, Use
from engine.layers.data import Target
from engine.layers.loss import Loss
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.node import Bind, Link, Node, WeightRule
from engine.problems import SEVERITIES
from engine.report import report_of
from tests.engine.cases import CASES
from tests.engine.schema.models import models

names = st.sampled_from("abcdef")
uses = [Use(block="none"), Use(block="p", repeat=2, shared=True), Use(block="q"), Use(block="through")]
layers = st.sampled_from([*(case.layer for case in CASES), Unknown(type="odd"), *uses])
slots = st.sampled_from(["", "", "x", "target"])
links = st.builds(Link, names | st.just("nowhere"), st.sampled_from([0, 0, 0, 1]), slots)
rules = st.builds(
    WeightRule,
    name=st.sampled_from(["", "weight", "other"]),
    learning_rate=st.sampled_from([0.0, 1.0]),
    same_as=names | st.just(""),
)
nodes = st.lists(
    st.builds(
        Node,
        name=names,
        inputs=st.lists(links, max_size=3).map(tuple),
        layer=layers,
        bind=st.lists(
            st.builds(Bind, st.sampled_from(["units", "rate"]), st.sampled_from(["n + index", "?"])), max_size=1
        ).map(tuple),
        weight=st.lists(rules, max_size=2).map(tuple),
        state=st.sampled_from(["active", "active", "muted", "bypassed"]),
        phase=st.sampled_from(["always", "always", "train"]),
    ),
    max_size=7,
).map(tuple)
blocks = st.builds(
    Block,
    name=st.sampled_from(["p", "q"]),
    parameters=st.sampled_from([(), (Parameter("n", whole=2),)]),
    inputs=st.sampled_from([(), ("x",), ("x", "a"), ("x", "y")]),
    outputs=st.sampled_from([(), ("a",), ("a", "x"), ("b:1",)]),
    nodes=nodes,
)
through = Block("through", (), ("x",), ("x",))
tangles = st.builds(Network, nodes, st.lists(blocks, max_size=2).map(lambda found: (*found, through)))


@given(tangles)
def test_any_network_has_a_report(network):
    report = report_of(Model(network=network))
    drawn = {node.name for node in network.nodes}
    assert set(report.nodes) >= drawn
    assert {name.split("/")[0] for name in report.nodes} == drawn
    assert {problem.node for problem in report.problems} <= drawn | {""}
    assert all(problem.hint and problem.severity in SEVERITIES for problem in report.problems)
    assert all("\n" not in problem.message and len(problem.message) < 200 for problem in report.problems)


@given(tangles)
def test_of_any_network_only_what_is_drawn_active_is_executed(network):
    left = active(network)
    assert all(node.state == "active" for node in left.nodes)
    assert active(left) is left
    assert all(node.phase == "always" for node in validated(network).nodes)


@given(tangles)
def test_of_any_network_neither_targets_nor_losses_nor_what_is_only_for_training_is_deployed(network):
    found = deployment(network)
    assert not any(isinstance(node.layer, (Target, Loss)) or node.phase == "train" for node in found.network.nodes)
    assert all(link.node in found.network for link in found.outputs)


@settings(max_examples=settings.default.max_examples // 5)  # a whole model takes long to draw
@given(models())
def test_any_model_that_can_be_written_has_a_report(model):
    report = report_of(model)
    assert set(report.nodes) >= {node.name for node in model.network.nodes}
