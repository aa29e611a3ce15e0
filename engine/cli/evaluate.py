"""`netwright evaluate`: metrics of a model or run on a part of its data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.answers import Answer, DataOption, ModelArgument, WrongUsage, check_engine
from engine.errors import NetwrightError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

SPLITS = ("train", "validation", "test")

MOST_COLUMNS = 20
"""Classes up to which a table of them is shown whole; of more, the pairs that are mixed up most often."""


def command(
    model: ModelArgument,
    data: DataOption = "",
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "validation",
    engine: Annotated[str, typer.Option(help="torch, mxnet or auto: that of the run.")] = "auto",
    device: Annotated[
        str, typer.Option(help="cpu, cuda:N, gpu:N or mps; else that of the run.", show_default=False)
    ] = "",
    threads: Annotated[int, typer.Option(min=0, help="0: one for each core.")] = 0,
) -> Answer:
    """Metrics of a model or run on a part of its data."""
    from engine.active import executed
    from engine.backends import backend
    from engine.cli.opened import plan_for, with_data
    from engine.data.balance import balanced
    from engine.data.dataset import open_data
    from engine.opening import open_model
    from engine.training.begin import refuse_errors
    from engine.training.evaluation import evaluate, in_order
    from engine.training.gauges import Tally, gauges_of, watched_outputs
    from engine.weights import read_weights

    check_engine(engine)
    if split not in SPLITS:
        raise WrongUsage(f"--split is one of {', '.join(SPLITS)}, not {split!r}")
    opened = with_data(open_model(model), data)
    refuse_errors(opened.model, opened)
    if opened.weights is None:
        raise NetwrightError("has no weights yet", file=str(opened.path), hint="train it, and name the run instead")
    trained = executed(opened.model)
    trained, sources = balanced(trained, open_data(trained.data, trained.network, opened.base))
    part = sources.part(split).plain()
    gauges = gauges_of(trained.network, trained.recipe)
    plan = plan_for(opened, engine, device, threads)
    weights = read_weights(opened.weights)
    program = backend(plan.backend).build(trained.network, trained.recipe, plan, weights, watched_outputs(gauges))
    tally = Tally(gauges)
    metrics, tables = evaluate(program, in_order(part, trained.recipe.batch_size), tally), tally.tables()

    def show(console: Console) -> None:
        from engine.cli.live import table_of_means

        console.print(table_of_means({split: metrics}))
        for gauge in gauges:
            if gauge.name in tables:
                counts = tables[gauge.name]
                console.print(gauge.name.replace("_", " "))
                console.print(table_of_counts(counts, gauge.labels(sources.labels, len(counts))))

    answer = {
        "metrics": metrics,
        "tables": tables,
        "labels": sources.labels,
        "split": split,
        "samples": len(part),
        "engine": plan.backend,
        "weights": opened.weights,
    }
    return Answer(answer, show)


def table_of_counts(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> Table:
    """How often each class, by rows, was taken for each, by columns."""
    from rich.markup import escape
    from rich.table import Table

    names = [escape(label) for label in labels]
    if len(names) > MOST_COLUMNS:
        return _mixed_up(counts, names)
    table = Table("target", *names)
    for name, row in zip(names, counts, strict=True):
        table.add_row(name, *(str(count or "·") for count in row))
    return table


def _mixed_up(counts: Sequence[Sequence[int]], names: Sequence[str]) -> Table:
    from rich.table import Table

    pairs = ((n, a, b) for a, row in enumerate(counts) for b, n in enumerate(row) if n and a != b)
    table = Table("target", "taken for", "times")
    for times, given, found in sorted(pairs, key=lambda pair: -pair[0])[:MOST_COLUMNS]:
        table.add_row(names[given], names[found], str(times))
    return table
