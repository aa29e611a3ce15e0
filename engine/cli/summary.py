"""`netwright summary`: what a model is made of and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.answers import Answer, ModelArgument, check_engine
from engine.cli.sizes import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

    from engine.errors import Problem
    from engine.layers.base import Signal
    from engine.model import Model
    from engine.node import Node
    from engine.report import Report


def command(
    model: ModelArgument,
    expand: Annotated[bool, typer.Option("--expand", help="Also the nodes inside of blocks.")] = False,
    batch_size: Annotated[
        int, typer.Option(min=0, help="Of the training whose memory is told; else the recipe's.", show_default=False)
    ] = 0,
    fit: Annotated[
        float,
        typer.Option(metavar="GB", min=0, help="Take trial steps: the largest batch for so much.", show_default=False),
    ] = 0.0,
    engine: Annotated[str, typer.Option(help="For the trial steps: torch, mxnet or auto.")] = "auto",
    device: Annotated[str, typer.Option(help="For them: cpu, cuda:N, gpu:N, mps.", show_default=False)] = "",
) -> Answer:
    """Shapes, parameters, multiply-accumulates and memory of a model: for one sample, and of a training."""
    from engine.cli import memory
    from engine.findings import findings
    from engine.opening import open_model
    from engine.report import report_of

    check_engine(engine)
    opened = open_model(model)
    report = report_of(opened.model)
    errors = [problem for problem in findings(opened) if problem.severity == "error"]
    held = memory.account(opened, batch_size)
    trial = memory.measured(model, opened, held.batch, fit, engine, device) if fit and not errors else None
    training = memory.data_of(held) | ({"trial": trial} if trial else {})

    def show(console: Console) -> None:
        console.print(_table(opened.model, report, expand))
        for line in memory.lines(held, trial):
            console.print(line, highlight=False)
        _show_errors(errors, console)

    return Answer(_told(opened.model, report) | {"training": training}, show, status=1 if errors else 0)


def _told(model: Model, report: Report) -> dict[str, Any]:
    from engine.active import active, deployment
    from engine.layers.data import Input

    return {
        "name": model.name,
        "nodes": [_row(node, model, report) for node in model.network.nodes],
        "params": report.params,
        "macs": report.macs,
        "memory": report.memory,
        "inputs": [node.name for node in active(model.network).nodes if isinstance(node.layer, Input)],
        "outputs": [str(link) for link in deployment(model.network).fed],
    }


def _row(node: Node, model: Model, report: Report) -> dict[str, Any]:
    """A node and what it costs; the use of a block has the nodes `inside` it too, by their full names."""
    from engine.declare import name_of

    told = report.nodes[node.name]
    inside = [_row(inner, model, report) for inner in _inside(node, model)]
    return {
        "name": node.name,
        "layer": name_of(node.layer),
        "output": _shape(told.outputs),
        "params": told.params,
        "macs": told.macs,
        "memory": told.memory,
    } | ({"inside": inside} if inside else {})


def _inside(use: Node, model: Model) -> Iterator[Node]:
    """The nodes inside the use of a block, at any depth."""
    from engine.flat import flat_of

    flat = flat_of(model.network)
    inside = flat.insides.get(use.name)
    return (flat.network[name] for name in (inside.nodes if inside else ()))


def _shape(outputs: Sequence[Signal]) -> list[int] | None:
    """The shape of a node's first output; None where it cannot be told."""
    return list(outputs[0].shape) if outputs else None


def _table(model: Model, report: Report, expand: bool) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table("Node", "Layer", "Output", title=escape(model.name) or None, show_footer=True)
    for title, total in (
        ("Parameters", f"{report.params:,}"),
        ("MACs", f"{report.macs:,}"),
        ("Memory", size(report.memory)),
    ):
        table.add_column(title, total, justify="right")
    for node in model.network.nodes:
        table.add_row(*_cells(node, report))
        for inner in _inside(node, model) if expand else ():
            table.add_row(*_cells(inner, report, indent="  "), style="dim")
    return table


def _cells(node: Node, report: Report, indent: str = "") -> Iterator[str]:
    from rich.markup import escape

    from engine.declare import name_of
    from engine.layers.base import written

    told = report.nodes[node.name]
    yield indent + escape(node.name)
    yield escape(f"{name_of(node.layer)} {node.layer.brief()}".strip())
    yield ", ".join(written(signal.shape) for signal in told.outputs) or "?"
    yield from (f"{told.params:,}", f"{told.macs:,}", size(told.memory))


def _show_errors(errors: Sequence[Problem], console: Console) -> None:
    from rich.markup import escape

    for problem in errors:
        where = f"{problem.node}: " if problem.node else ""
        console.print(f"[bold red]error[/]: {escape(where + problem.message)}")
