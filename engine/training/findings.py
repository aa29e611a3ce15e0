"""What is drawn of a run when it has ended: curves, and for classes what was taken for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.training.evaluation import evaluate, in_order
from engine.training.gauges import MOST_CLASSES, Gauge, Tally, gauges_of
from engine.training.loop import Job
from engine.training.metrics import Accuracy, ConfusionMatrix
from engine.training.plots import save_confusion, save_curves
from engine.training.runs import Run


def save_findings(run: Run, job: Job) -> None:
    """Writes plots and tables into the run's report. The program of `job` is left with the best weights."""
    save_curves(run.story(), run.report)
    best = run.checkpoints.load("best") or run.checkpoints.load("last")
    if "validation" not in job.data.parts or best is None:
        return
    job.program.load_weights(best.weights)
    gauges = {gauge.name: gauge for gauge in _confusions(job)}
    if not gauges:
        return
    tally = Tally(tuple(gauges.values()))
    evaluate(job.program, in_order(job.data.part("validation"), job.model.recipe.batch_size), tally)
    for name, table in tally.tables().items():
        labels = gauges[name].labels(job.data.labels, len(table))
        save_confusion(table, labels, run.report / f"{name}.png")


def _confusions(job: Job) -> Iterator[Gauge]:
    """What was taken for what, wherever it is asked for or accuracy is measured of classes."""
    for gauge in gauges_of(job.model.network, job.model.recipe):
        classes = len(job.data.labels.get(gauge.comparison.target.node, ()))
        is_wanted = isinstance(gauge.rule, Accuracy) and 1 < classes <= MOST_CLASSES
        if is_wanted or isinstance(gauge.rule, ConfusionMatrix):
            name = f"{gauge.name.removesuffix(gauge.rule.called())}confusion"
            yield replace(gauge, name=name, rule=ConfusionMatrix())
