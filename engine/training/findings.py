"""What is drawn of a run when it has ended: curves, and for classes what was taken for what."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.backends.base import Array
from engine.training.evaluation import in_order
from engine.training.gauges import Comparison, gauges_of
from engine.training.loop import Job
from engine.training.metrics import Accuracy
from engine.training.plots import confusion, save_confusion, save_curves
from engine.training.runs import Run


def save_findings(run: Run, job: Job) -> None:
    """Writes plots and tables into the run's report. The program of `job` is left with the best weights."""
    save_curves(run.story(), run.report)
    best = run.checkpoints.load("best") or run.checkpoints.load("last")
    if "validation" not in job.data.parts or best is None:
        return
    job.program.load_weights(best.weights)
    gauges = gauges_of(job.model.network, job.model.recipe)
    for gauge in gauges:
        labels = job.data.labels.get(gauge.comparison.target.node, ())
        if isinstance(gauge.rule, Accuracy) and len(labels) > 1:
            counts = confusion(_decisions(job, gauge.comparison), len(labels))
            save_confusion(counts, labels, run.report / f"{gauge.name.replace('accuracy', 'confusion')}.png")


def _decisions(job: Job, comparison: Comparison) -> Iterator[tuple[Array, Array]]:
    """Targets and what was predicted, batch by batch, over the validation part."""
    for batch in in_order(job.data.part("validation"), job.model.recipe.batch_size):
        arrays = comparison.arrays(batch, job.program.evaluate(batch).fetch())
        if arrays is not None:
            scores, target = arrays
            predicted = scores.argmax(-1) if scores.ndim > target.ndim else (scores > 0).astype(np.int64)
            yield target.ravel(), predicted.ravel()
