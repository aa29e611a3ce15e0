"""The loop in this process: what it tells, how it is steered, how it ends."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.active import active
from engine.backends import backend
from engine.backends.base import Plan
from engine.data.dataset import open_data
from engine.errors import NetwrightError
from engine.model import Model
from engine.schema.read import read
from engine.training.checkpoints import Checkpoints
from engine.training.evaluation import evaluate, in_order
from engine.training.forecast import WARM_UP
from engine.training.gauges import Tally, gauges_of, watched_outputs
from engine.training.loop import Job, train
from engine.training.messages import (
    Checkpoint,
    Epoch,
    Failed,
    Finished,
    Message,
    Paused,
    Progress,
    Resumed,
    Started,
)
from engine.training.metrics import F1, ConfusionMatrix, IoU, MetricRule, Perplexity, RocAuc, TopK
from engine.training.optimizers import SGD
from engine.training.recipe import Average, Clip, Metric, Optimizer, Recipe, Schedule, Stop, Validate
from engine.training.schedules import Plateau
from tests.engine.training.small import ENGINE, ENGINES, MODEL

STEPS_PER_EPOCH = 45


def small(**recipe: Any) -> Model:
    model = read(MODEL).model
    return replace(model, recipe=replace(model.recipe, **recipe))


def job(model: Model, folder: Path, engine: str = ENGINE, subset: float = 1.0, **options: Any) -> Job:
    model = replace(model, network=active(model.network))
    data = open_data(model.data, model.network, folder, subset)
    outputs = watched_outputs(gauges_of(model.network, model.recipe))
    program = backend(engine).build(model.network, model.recipe, Plan(engine, threads=1), None, outputs)
    return Job(model, program, data, Checkpoints(folder / "checkpoints"), **options)


def of(kind: type[Message], told: Iterable[Message]) -> list[Any]:
    return [message for message in told if isinstance(message, kind)]


def commands(*texts: Mapping[str, Any] | None) -> Callable[[], Iterable[Mapping[str, Any]]]:
    """One command, or none, for every look."""
    waiting = iter(texts)
    return lambda: [text] if (text := next(waiting, None)) else []


def test_a_training_begins_with_started_and_ends_with_finished(tmp_path: Path) -> None:
    told = list(train(job(small(epochs=2), tmp_path)))
    assert isinstance(told[0], Started)
    assert (told[0].epochs, told[0].steps_per_epoch) == (2, STEPS_PER_EPOCH)
    assert of(Finished, told) == [told[-1]]
    assert told[-1].reason == "done"
    assert [epoch.epoch for epoch in of(Epoch, told)] == [1, 2]
    assert told[-1].step == 2 * STEPS_PER_EPOCH
    assert told[-1].validation == of(Epoch, told)[-1].validation
    assert set(told[-1].validation) == {"loss", "accuracy"}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_validation_tells_is_what_a_fresh_program_with_these_weights_gives(engine: str, tmp_path: Path) -> None:
    model = small(epochs=3)
    told = list(train(job(model, tmp_path, engine)))
    fresh = job(model, tmp_path, engine)
    kept = fresh.checkpoints.load("last")
    assert kept is not None
    fresh.program.load_weights(kept.weights)
    tally = Tally(gauges_of(fresh.model.network, model.recipe))
    again = evaluate(fresh.program, in_order(fresh.data.part("validation"), 32), tally)
    assert again["loss"] == pytest.approx(told[-1].validation["loss"], rel=1e-5)
    assert again["accuracy"] == told[-1].validation["accuracy"]


def test_progress_tells_means_since_the_last_one(tmp_path: Path) -> None:
    clock = itertools.count(0.0, 0.001)
    told = list(train(job(small(epochs=1), tmp_path, clock=lambda: next(clock))))
    progress = of(Progress, told)
    assert progress
    assert all(math.isfinite(each.loss) and each.epoch == 1 for each in progress)
    assert [each.step for each in progress] == sorted({each.step for each in progress})


def test_every_step_is_told_of_once_where_there_is_time_for_all(tmp_path: Path) -> None:
    clock = itertools.count(0.0, 1.0)
    told = list(train(job(small(epochs=2), tmp_path, clock=lambda: next(clock))))
    assert [(each.step, each.epoch) for each in of(Progress, told)] == [
        (step, -(-step // STEPS_PER_EPOCH)) for step in range(1, 2 * STEPS_PER_EPOCH + 1)
    ]


def test_progress_comes_at_most_twenty_times_a_second(tmp_path: Path) -> None:
    times: list[float] = []
    clock = itertools.count(0.0, 0.0031)

    def now() -> float:
        times.append(next(clock))
        return times[-1]

    when = [times[-1] for message in train(job(small(epochs=1), tmp_path, clock=now)) if isinstance(message, Progress)]
    assert len(when) > 3
    assert all(later - before >= 0.045 for before, later in itertools.pairwise(when))


def test_steps_instead_of_epochs_end_within_an_epoch(tmp_path: Path) -> None:
    told = list(train(job(small(epochs=0, steps=60), tmp_path)))
    assert told[-1].step == 60
    assert [epoch.epoch for epoch in of(Epoch, told)] == [1, pytest.approx(60 / 45)]
    assert of(Epoch, told)[-1].validation


def test_validation_comes_as_often_as_the_recipe_says(tmp_path: Path) -> None:
    told = list(train(job(small(epochs=1, validate=Validate(every=20, per="step")), tmp_path)))
    assert [epoch.step for epoch in of(Epoch, told) if epoch.validation] == [20, 40, 45]
    told = list(train(job(small(epochs=3, validate=Validate(every=2)), tmp_path / "other")))
    assert [bool(epoch.validation) for epoch in of(Epoch, told)] == [False, True, True]


def test_a_training_stops_early_when_it_no_longer_gets_better(tmp_path: Path) -> None:
    model = small(epochs=50, stop=Stop(metric="validation_loss", patience=2))
    rule = replace(model.recipe.optimizer, rule=replace(model.recipe.optimizer.rule, learning_rate=0.0))
    told = list(train(job(replace(model, recipe=replace(model.recipe, optimizer=rule)), tmp_path, subset=0.1)))
    assert told[-1].reason == "early"
    epochs = [epoch for epoch in of(Epoch, told) if epoch.validation]
    best = min(range(len(epochs)), key=lambda place: epochs[place].validation["loss"])
    assert told[-1].best["epoch"] == best + 1
    assert len(epochs) == best + 1 + 2


def test_stopping_by_what_is_not_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NetwrightError, match="validation_loss, validation_accuracy, train_loss, train_accuracy"):
        list(train(job(small(stop=Stop(metric="validation_f1")), tmp_path)))


def test_metrics_of_the_recipe_take_the_place_of_the_usual_ones(tmp_path: Path) -> None:
    told = list(train(job(small(epochs=1, metrics=(Metric(rule=TopK(k=3)),)), tmp_path)))
    assert set(told[-1].validation) == {"loss", "top3_accuracy"}


def test_metrics_of_the_whole_are_told_of_what_is_validated_only(tmp_path: Path) -> None:
    rules = (F1(), RocAuc(), ConfusionMatrix())
    told = list(train(job(small(epochs=1, metrics=tuple(Metric(rule=rule) for rule in rules)), tmp_path)))
    epoch = of(Epoch, told)[-1]
    assert (set(epoch.train), set(epoch.validation)) == ({"loss", "f1"}, {"loss", "f1", "roc_auc"})
    counts = np.array(epoch.tables["confusion_matrix"])
    assert counts.shape == (10, 10)
    assert counts.sum() == 359
    shares = 2 * counts.diagonal() / (counts.sum(0) + counts.sum(1))
    assert epoch.validation["f1"] == pytest.approx(shares.mean())


WATCHED = [(F1(), max), (RocAuc(), max), (IoU(), max), (Perplexity(), min)]


@pytest.mark.parametrize(("rule", "extreme"), WATCHED, ids=repr)
def test_the_best_is_the_largest_or_the_least_as_the_metric_wants(
    rule: MetricRule, extreme: Callable[..., Any], tmp_path: Path
) -> None:
    stop = Stop(metric=f"validation_{rule.called()}", patience=2)
    told = list(train(job(small(epochs=5, stop=stop, metrics=(Metric(rule=rule),)), tmp_path, subset=0.2)))
    values = [epoch.validation[rule.called()] for epoch in of(Epoch, told)]
    assert told[-1].best[stop.metric] == extreme(values)
    assert len(set(values)) > 1


@pytest.mark.parametrize("metric", ["train_roc_auc", "validation_confusion_matrix"])
def test_neither_a_table_nor_what_is_not_measured_of_training_can_stop_it(metric: str, tmp_path: Path) -> None:
    metrics = (Metric(rule=RocAuc()), Metric(rule=ConfusionMatrix()))
    with pytest.raises(NetwrightError, match=r"measured is validation_loss, validation_roc_auc, train_loss$"):
        list(train(job(small(metrics=metrics, stop=Stop(metric=metric)), tmp_path)))


def test_the_best_checkpoint_is_that_of_the_best_validation(tmp_path: Path) -> None:
    work = job(small(epochs=4), tmp_path)
    told = list(train(work))
    best, end = work.checkpoints.load("best"), told[-1]
    assert best is not None
    assert best.position["step"] == end.best["step"] == STEPS_PER_EPOCH * end.best["epoch"]
    losses = [epoch.validation["loss"] for epoch in of(Epoch, told)]
    assert end.best["validation_loss"] == min(losses)


def test_without_restoring_the_best_a_run_stands_for_its_last_weights(tmp_path: Path) -> None:
    work = job(small(epochs=2, stop=Stop(restore_best=False)), tmp_path)
    told = list(train(work))
    assert work.checkpoints.load("best") is None
    assert not [message for message in of(Checkpoint, told) if message.best]
    assert told[-1].best["step"] > 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_that_stopped_early_stands_for_its_best_weights(engine: str, tmp_path: Path) -> None:
    model = small(epochs=50, stop=Stop(patience=2), optimizer=Optimizer(rule=SGD(learning_rate=0.5)))
    told = list(train(job(model, tmp_path, engine, subset=0.3)))
    fresh = job(model, tmp_path, engine, subset=0.3)
    kept = fresh.checkpoints.load("best")
    assert (told[-1].reason, told[-1].step > told[-1].best["step"]) == ("early", True)
    assert kept is not None
    fresh.program.load_weights(kept.weights)
    tally = Tally(gauges_of(fresh.model.network, model.recipe))
    again = evaluate(fresh.program, in_order(fresh.data.part("validation"), 32), tally)
    assert again["loss"] == pytest.approx(told[-1].best["validation_loss"], rel=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("clip", [None, Clip(norm=0.5), Clip(value=0.01)], ids=repr)
def test_accumulated_batches_train_as_one_that_is_as_large(engine: str, clip: Clip | None, tmp_path: Path) -> None:
    text = MODEL.replace('from: "norm"', 'from: "conv"').replace('from: "drop"', 'from: "relu"')
    plain = read("\n".join(line for line in text.splitlines() if '"norm"' not in line and '"drop"' not in line)).model

    def end(**recipe: Any) -> Any:
        model = replace(plain, recipe=replace(plain.recipe, epochs=2, clip=clip, **recipe))
        return list(train(job(model, tmp_path / str(recipe["batch_size"]), engine)))[-1]

    pieces, whole = end(batch_size=32, accumulate=3), end(batch_size=96)
    assert pieces.step == whole.step == 2 * 15  # 1,438 samples, 96 a step
    assert pieces.train == pytest.approx(whole.train, rel=1e-4)
    assert pieces.validation == pytest.approx(whole.validation, rel=1e-3)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_validated_and_kept_as_the_best_are_the_averages(engine: str, tmp_path: Path) -> None:
    averaged = small(epochs=2, average=Average(decay=0.9))
    told = list(train(job(averaged, tmp_path, engine)))
    without = list(train(job(small(epochs=2), tmp_path / "without", engine)))
    assert told[-1].train == without[-1].train, "averages change nothing in what is learned"
    assert told[-1].validation != without[-1].validation
    fresh = job(small(epochs=2), tmp_path, engine)
    kept = fresh.checkpoints.load("best")
    assert kept is not None
    fresh.program.load_weights(kept.weights)
    tally = Tally(gauges_of(fresh.model.network, fresh.model.recipe))
    again = evaluate(fresh.program, in_order(fresh.data.part("validation"), 32), tally)
    assert again["loss"] == pytest.approx(told[-1].best["validation_loss"], rel=1e-5)


def test_a_stopped_training_can_go_on(tmp_path: Path) -> None:
    stopped = list(train(job(small(epochs=2), tmp_path, commands=commands(*[None] * 10, {"command": "stop"}))))
    assert (stopped[-1].reason, stopped[-1].step) == ("stopped", 10)
    resumed = list(train(job(small(epochs=2), tmp_path)))
    whole = list(train(job(small(epochs=2), tmp_path / "whole")))
    assert of(Resumed, resumed)[0].step == 10
    assert (resumed[-1].train, resumed[-1].validation) == (whole[-1].train, whole[-1].validation)


def test_a_paused_training_keeps_a_checkpoint_and_waits_until_it_may_go_on(tmp_path: Path) -> None:
    asked = commands(None, {"command": "pause"}, None, None, {"command": "checkpoint"}, {"command": "resume"})
    work = job(small(epochs=1), tmp_path, commands=asked)
    told = list(train(work))
    paused, resumed = of(Paused, told), of(Resumed, told)
    assert [message.step for message in (*paused, *resumed)] == [1, 1]
    between = told[told.index(paused[0]) : told.index(resumed[0])]
    assert len(of(Checkpoint, between)) == 1
    assert told[-1].reason == "done"
    assert told[-1].validation == list(train(job(small(epochs=1), tmp_path / "other")))[-1].validation


def test_a_paused_training_can_be_stopped(tmp_path: Path) -> None:
    told = list(train(job(small(), tmp_path, commands=commands({"command": "pause"}, {"command": "stop"}))))
    assert (told[-1].reason, told[-1].step) == ("stopped", 0)


def test_a_learning_rate_that_is_set_holds_from_the_next_step(tmp_path: Path) -> None:
    asked = commands(*[None] * 30, {"command": "set_learning_rate", "value": 0.002})
    clock = itertools.count(0.0, 1.0)
    model = replace(small(epochs=1), recipe=replace(small(epochs=1).recipe, schedule=Recipe().schedule))
    told = list(train(job(model, tmp_path, commands=asked, clock=lambda: next(clock))))
    rates = {message.step: message.learning_rate for message in of(Progress, told)}
    assert rates[30] == pytest.approx(0.05)
    assert rates[31] == pytest.approx(0.002)
    assert rates[45] == pytest.approx(0.002)


def plateaued(**recipe: Any) -> Model:
    """A rate so low that the validations hardly tell a difference, judged every four steps."""
    return small(
        optimizer=Optimizer(rule=SGD(learning_rate=1e-7, momentum=0.0)),
        schedule=Schedule(rule=Plateau(gamma=0.5, patience=2)),
        validate=Validate(every=4, per="step"),
        stop=Stop(metric="validation_accuracy", patience=100),
        epochs=4,
        **recipe,
    )


def rates_of(told: Iterable[Message]) -> dict[int, float]:
    return {message.step: message.learning_rate for message in of(Progress, told)}


def test_on_a_plateau_the_rate_falls_as_the_validations_say(tmp_path: Path) -> None:
    clock = itertools.count(0.0, 1.0)
    told = list(train(job(plateaued(), tmp_path, subset=0.2, clock=lambda: next(clock))))
    judged = {message.step: message.validation["accuracy"] for message in of(Epoch, told) if message.validation}
    wanted, factor, best, waited = {}, 1.0, -1.0, 0
    for step in range(told[-1].step):
        if step in judged:
            waited = 0 if judged[step] > best else waited + 1
            best = max(best, judged[step])
            factor *= 0.5 if waited and waited % 2 == 0 else 1
        wanted[step + 1] = 1e-7 * factor
    found = rates_of(told)
    assert found == pytest.approx({step: wanted[step] for step in found})
    assert factor < 1, "the rate never fell, so nothing was tried"


def test_where_a_plateau_stands_is_kept_with_the_checkpoint(tmp_path: Path) -> None:
    def clock() -> Callable[[], float]:
        times = itertools.count(0.0, 1.0)
        return lambda: next(times)

    whole = list(train(job(plateaued(), tmp_path / "whole", subset=0.2, clock=clock())))
    asked = commands(*[None] * 25, {"command": "stop"})
    first = list(train(job(plateaued(), tmp_path, subset=0.2, commands=asked, clock=clock())))
    second = list(train(job(plateaued(), tmp_path, subset=0.2, clock=clock())))
    assert first[-1].reason == "stopped"
    assert rates_of(second).items() <= rates_of(whole).items()
    assert rates_of(second)[28] < 1e-7, "the rate had not fallen before it was stopped, so nothing was tried"
    assert (second[-1].train, second[-1].validation) == (whole[-1].train, whole[-1].validation)


def test_senseless_commands_change_nothing(tmp_path: Path) -> None:
    senseless = [
        {"command": "dance"},
        {"commnad": "stop"},
        {"command": "set_learning_rate", "value": "much"},
        {"command": "set_learning_rate", "value": -1},
        {"command": "set_learning_rate", "value": math.nan},
        {"command": ["stop"]},
    ]
    told = list(train(job(small(epochs=1), tmp_path, commands=commands(*senseless))))
    assert told[-1].validation == list(train(job(small(epochs=1), tmp_path / "other")))[-1].validation


def test_a_network_that_overflows_fails_at_the_node_where_it_does(tmp_path: Path) -> None:
    square = 'node { name: "square" from: "image" from: "image" multiply { } }'
    text = MODEL.replace('node { name: "conv" from: "image"', f'{square}\nnode {{ name: "conv" from: "square"')
    told = list(train(job(read(text.replace("by: 0.0625", "by: 1e24")).model, tmp_path)))
    assert isinstance(told[-1], Failed)
    assert told[-1].node == "square"
    assert not of(Finished, told)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_training_that_diverges_keeps_the_last_good_checkpoint(engine: str, tmp_path: Path) -> None:
    spoil = ({"command": "checkpoint"}, None, None, {"command": "set_learning_rate", "value": 1e38})
    work = job(small(epochs=3), tmp_path, engine, commands=commands(*[None] * 50, *spoil))
    told = list(train(work))
    assert isinstance(told[-1], Failed)
    assert told[-1].node in [node.name for node in work.model.network.nodes]
    kept = work.checkpoints.load("last")
    assert kept is not None
    assert kept.position["step"] == 50
    assert all(np.isfinite(array).all() for array in kept.weights.values())
    assert "after step 50 is kept" in told[-1].message
    assert [message.step for message in of(Checkpoint, told)][-1] == 50


def test_a_run_says_how_fast_it_is(tmp_path: Path) -> None:
    clock = itertools.count(0.0, 0.5)
    told = list(train(job(small(epochs=1), tmp_path, clock=lambda: next(clock))))
    assert all(message.samples_per_second >= 0 for message in of(Progress, told))
    assert told[-1].samples_per_second > 0


def test_a_training_foretells_its_end(tmp_path: Path) -> None:
    clock = itertools.count(0.0, 1.0)
    model = small(epochs=2, validate=Validate(every=15, per="step"))
    told = of(Progress, list(train(job(model, tmp_path, clock=lambda: next(clock)))))
    assert told[0].seconds_left is None
    foretold = [each for each in told if each.seconds_left is not None]
    assert foretold[0].step == WARM_UP + 1
    assert all(later.seconds_left < before.seconds_left for before, later in itertools.pairwise(foretold[30:]))
    whole = foretold[-1].seconds_per_epoch
    assert foretold[-1].seconds_left < whole / STEPS_PER_EPOCH * 5
