"""What is measured of a network, and under which names."""

from typing import Any

import numpy as np
import pytest

from engine.active import executed
from engine.backends.base import Outcome
from engine.errors import NetwrightError
from engine.model import Model
from engine.opening import gallery, open_model
from engine.schema.read import read
from engine.training.gauges import Gauge, Tally, gauges_of

BEGIN = """
netwright: 1
node { name: "x" input { shape: [4] } }
node { name: "y" target { classes: 3 } }
node { name: "t" target { shape: [1] } }
node { name: "score" from: "x" dense { units: 3 } }
node { name: "value" from: "x" dense { units: 1 } }
"""
CLASSES = 'node { name: "loss" from: "score" from: "y" softmax_cross_entropy { } }'
VALUES = 'node { name: "distance" from: "value" from: "t" mean_squared_error { } }'


def model(*lines: str) -> Model:
    return read("\n".join((BEGIN, *lines))).model


def gauges(*lines: str) -> tuple[Gauge, ...]:
    made = model(*lines)
    return gauges_of(made.network, made.recipe)


def names(*lines: str) -> list[str]:
    return [gauge.name for gauge in gauges(*lines)]


def test_classes_are_measured_by_accuracy_and_numbers_by_mae() -> None:
    assert names(CLASSES) == ["accuracy"]
    assert names(VALUES) == ["mae"]


def test_vectors_compared_among_themselves_have_no_metric() -> None:
    assert names('node { name: "loss" from: "value" from: "value" from: "y" contrastive { } }') == []


def test_several_losses_are_told_apart_by_the_node_they_are_fed_with() -> None:
    assert names(CLASSES, VALUES) == ["score_accuracy", "value_mae"]


def test_two_losses_of_one_comparison_are_measured_once() -> None:
    assert names(CLASSES, CLASSES.replace('"loss"', '"again"')) == ["accuracy"]


def test_a_metric_of_the_recipe_compares_what_it_names() -> None:
    recipe = 'recipe { metric { top_k { k: 2 } from: "score" from: "y" } metric { r2 { } from: "value" from: "t" } }'
    assert names(CLASSES, VALUES, recipe) == ["score_top2_accuracy", "value_r2"]


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ('metric { accuracy { } from: "score" }', "names two nodes"),
        ('metric { accuracy { } from: "score" from: "z" }', "compares 'z', which is not there"),
        ('metric { mae { } from: "value" from: "score" }', "not a computed one"),
        ("metric { mae { } }", "the metric mae compares numbers, and what 'y' is compared with is classes"),
        ('metric { top_k { } from: "value" from: "t" }', "compares classes, and what 't' is compared with is numbers"),
        ('metric { accuracy { } from: "score:1" from: "y" }', "compares 'score:1', which is not there"),
        ("metric { recall { only: 3 } }", "looks at class 3 only, and the last one is 2"),
    ],
)
def test_a_metric_that_cannot_be_measured_is_refused(metric: str, message: str) -> None:
    with pytest.raises(NetwrightError, match=message):
        gauges(CLASSES, f"recipe {{ {metric} }}")


def test_targets_that_a_loss_ignores_do_not_count() -> None:
    tally = Tally(gauges(CLASSES.replace("{ }", "{ ignore_index: 2 }")))
    scores = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    tally.add(tally.count({"x": np.zeros((3, 4)), "y": np.array([0, 1, 2])}, Outcome(1.0, {}, {"score": scores})))
    assert tally.means() == {"loss": 1.0, "accuracy": 0.5}


def test_means_weigh_batches_by_their_samples() -> None:
    tally = Tally(gauges(CLASSES))
    scores = np.array([[1, 0, 0]] * 3, np.float32)
    tally.add(tally.count({"y": np.array([0, 0, 1])}, Outcome(2.0, {"loss": 2.0}, {"score": scores})))
    tally.add(tally.count({"y": np.array([0])}, Outcome(4.0, {"loss": 4.0}, {"score": scores[:1]})))
    assert tally.means() == {"loss": 2.5, "accuracy": 0.75}


def test_every_loss_is_told_where_there_are_several() -> None:
    tally = Tally(gauges(CLASSES, VALUES))
    outputs = {"score": np.eye(3, dtype=np.float32), "value": np.zeros((3, 1), np.float32)}
    batch = {"y": np.arange(3), "t": np.full(3, 2.0, np.float32)}
    tally.add(tally.count(batch, Outcome(3.0, {"loss": 1.0, "distance": 2.0}, outputs)))
    assert tally.means() == {
        "loss": 3.0, "loss_loss": 1.0, "distance_loss": 2.0, "score_accuracy": 1.0, "value_mae": 2.0,
    }  # fmt: skip


def test_a_tally_that_was_stored_goes_on_with_the_same_sums() -> None:
    one, batch = Tally(gauges(CLASSES)), {"y": np.array([0, 1, 2])}
    outcomes = [Outcome(0.1 * n, {}, {"score": np.roll(np.eye(3, dtype=np.float32), n, 0)}) for n in range(9)]
    for outcome in outcomes:
        one.add(one.count(batch, outcome))
    two = Tally(one.gauges)
    for place, outcome in enumerate(outcomes):
        if place == 4:
            stored, two = two.state(), Tally(one.gauges)
            two.load(stored)
        two.add(two.count(batch, outcome))
    assert two.means() == one.means()


def test_nothing_counted_has_no_means() -> None:
    assert Tally(gauges(CLASSES)).means() == {}


def test_of_several_losses_a_metric_takes_those_that_it_understands() -> None:
    recipe = "recipe { metric { f1 { } } metric { rmse { } } }"
    assert names(CLASSES, VALUES, recipe) == ["score_f1", "value_rmse"]


def test_a_table_of_too_many_classes_is_refused() -> None:
    many = "\n".join((BEGIN, CLASSES)).replace("classes: 3", "classes: 1001").replace("units: 3", "units: 1001")
    made = read(f"{many}\nrecipe {{ metric {{ confusion_matrix {{ }} }} }}").model
    with pytest.raises(NetwrightError, match="takes up to 1,000 classes, and there are 1,001"):
        gauges_of(made.network, made.recipe)


def outcome(**outputs: list[list[float]]) -> Outcome:
    return Outcome(0.0, {}, {name: np.array(values, np.float32) for name, values in outputs.items()})


def measured(tally: Tally, batch: dict[str, Any], **outputs: list[list[float]]) -> dict[str, float]:
    tally.add(tally.count({name: np.array(values) for name, values in batch.items()}, outcome(**outputs)))
    return {name: mean for name, mean in tally.means().items() if name != "loss"}


SOFT = 'node { name: "soft" from: "score" softmax { } }'
SIGMOID = 'node { name: "sure" from: "value" sigmoid { } }'


def test_what_has_been_through_a_softmax_is_measured_as_its_scores() -> None:
    recipe = 'recipe {{ metric {{ perplexity {{ }} from: "{}" from: "y" }} }}'
    scores = [[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]]
    chances = (np.exp(scores) / np.exp(scores).sum(1, keepdims=True)).tolist()
    plain = measured(Tally(gauges(CLASSES, recipe.format("score"))), {"y": [2, 1]}, score=scores)
    linked = measured(Tally(gauges(CLASSES, SOFT, recipe.format("soft"))), {"y": [2, 1]}, soft=chances)
    assert linked == pytest.approx(plain, rel=1e-6)


def test_what_has_been_through_a_sigmoid_is_yes_above_a_half() -> None:
    recipe = 'recipe { metric { accuracy { } from: "sure" from: "t" } }'
    tally = Tally(gauges(VALUES, SIGMOID, recipe))
    assert measured(tally, {"t": [[1.0], [1.0], [0.0], [0.0]]}, sure=[[0.6], [0.4], [0.4], [0.0]]) == {"accuracy": 0.75}


def test_of_a_share_for_every_class_the_largest_is_the_target() -> None:
    tally = Tally(gauges('node { name: "s" target { shape: [3] } }', CLASSES.replace('from: "y"', 'from: "s"')))
    shares = {"s": [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]}
    assert measured(tally, shares, score=[[0, 5, 1], [0, 5, 1]]) == {"accuracy": 0.5}


def test_scores_that_are_too_many_to_be_kept_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.measures.MOST_KEPT", 2**30)
    tally = Tally(gauges(CLASSES, "recipe { metric { roc_auc { } } }"))
    much = np.broadcast_to(np.float32(0), (2**28, 3))  # takes no memory itself
    with pytest.raises(NetwrightError, match="needs every score at once, and these are more than 1 GB"):
        tally.add(Tally(metrics={"roc_auc": (much, much)}))


def test_a_table_is_told_beside_the_means() -> None:
    tally = Tally(gauges(CLASSES, "recipe { metric { confusion_matrix { } } metric { recall { } } }"))
    means = measured(tally, {"y": [0, 2, 2]}, score=[[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    assert means == {"recall": pytest.approx((1 + 0 + 0.5) / 3)}
    assert tally.tables() == {"confusion_matrix": [[1, 0, 0], [0, 0, 0], [0, 1, 1]]}


def test_classes_are_called_as_the_data_name_them_and_else_by_number() -> None:
    (gauge,) = gauges(CLASSES)
    assert gauge.labels({"y": ("cat", "dog")}, 3) == ["cat", "dog", "2"]
    assert gauge.labels({}, 2) == ["0", "1"]


@pytest.mark.parametrize("name", gallery())
def test_whatever_the_gallery_asks_for_can_be_measured(name: str) -> None:
    trained = executed(open_model(f"gallery:{name}").model)
    gauges_of(trained.network, trained.recipe)
