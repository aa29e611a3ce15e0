"""Problems that are found before anything runs: each check on a model that has it, and none on one that has not."""

from dataclasses import replace

import pytest

from engine.errors import Problem
from engine.layers.activation import ReLU, Softmax
from engine.layers.convolution import Conv2D
from engine.layers.data import Input, Target
from engine.layers.loss import SoftmaxCrossEntropy
from engine.layers.merge import Add
from engine.layers.normalization import BatchNorm
from engine.layers.reshape import Flatten
from engine.model import Model
from engine.node import Link
from engine.problems import CHECKS, SEVERITIES
from engine.report import report_of
from engine.training.metrics import TopK
from engine.training.recipe import Metric, Stop
from tests.engine.drawn import lenet, network, node
from tests.engine.mistakes import FOUND, READY, added, bare, fed, recipe


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found.check.__name__}-{found.node}")
def test_a_problem_is_found_and_says_where_and_what_helps(found):
    problems = report_of(found.model).problems
    (problem,) = [it for it in problems if it.message == found.message and it.node == found.node]
    assert problem.severity == found.severity
    assert problem.hint
    assert problem.hint == (found.hint or problem.hint)


def test_every_check_has_an_example_here():
    assert {check.__name__ for check in CHECKS} - {found.check.__name__ for found in FOUND} == set()


def test_a_model_that_is_ready_has_no_problems():
    assert report_of(READY).problems == ()


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found.check.__name__}-{found.node}")
def test_one_mistake_is_told_once(found):
    """A mistake may have consequences of its own kind, but no error is said of what is only behind it."""
    errors = [(it.node, it.message) for it in report_of(found.model).problems if it.severity == "error"]
    assert len(errors) == len(set(errors))
    assert len(errors) <= 2


def test_a_muted_node_may_be_as_wrong_as_it_likes():
    assert report_of(added(node("odd", "nowhere", Conv2D(kernel=99), state="muted"))).problems == ()


def test_a_muted_branch_is_not_reported_as_idle():
    side = (node("side", "conv1", Flatten()), node("other", "side digit", SoftmaxCrossEntropy(), state="muted"))
    assert report_of(added(*side)).problems == ()


def test_a_loss_that_stands_behind_a_bypassed_softmax_is_not_warned_of():
    drawn = lenet().add(node("soft", "ip2", Softmax(), state="bypassed"))
    drawn = drawn.change("loss", lambda it: replace(it, inputs=(Link("soft"), Link("digit"))))
    assert report_of(replace(READY, network=drawn)).problems == ()


def test_a_bias_is_no_waste_where_something_else_sees_it_too():
    drawn = network(("x", "", Input(sizes=(3, 9, 9))), ("conv", "x", Conv2D(filters=4)))
    drawn = drawn.add(node("norm", "conv", BatchNorm()), node("sum", "conv norm", Add()))
    assert all(problem.node != "conv" for problem in report_of(Model(network=drawn)).problems)


def test_a_measured_metric_may_stop_the_training():
    for name in ("validation_loss", "train_loss", "validation_top3_accuracy", "validation_ip2_top3_accuracy"):
        assert report_of(recipe(stop=Stop(name), metrics=(Metric(TopK(3)),))).problems == ()


def test_several_circles_are_all_told():
    drawn = network(("a", "b", ReLU()), ("b", "a", ReLU()), ("c", "d", ReLU()), ("d", "c", ReLU()), ("e", "a", ReLU()))
    circles = [it.message for it in report_of(Model(network=drawn)).problems if "circle" in it.message]
    assert len(circles) == 2


def test_the_worst_stands_first_and_equals_in_the_author_s_order():
    problems = report_of(bare(("b", "", Conv2D()), ("a", "", Conv2D()), ("t", "", Target()))).problems
    assert [SEVERITIES.index(it.severity) for it in problems] == sorted(
        SEVERITIES.index(it.severity) for it in problems
    )
    assert [it.node for it in problems if it.severity == "error"] == ["", "b", "a"]


def test_problems_are_found_by_the_node_they_are_at():
    report = report_of(fed("loss", "ip2"))
    assert report.problems_of["loss"] == (Problem("its input 'target' is free", node="loss", hint="draw a wire to it"),)
    assert "conv1" not in report.problems_of
