"""`netwright summary`: what a model is made of and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.cli.answers import Answer, ModelArgument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.table import Table

    from engine.errors import Problem
    from engine.layers.base import Signal
    from engine.model import Model
    from engine.report import Report

UNITS = ("bytes", "kB", "MB", "GB", "TB")


def command(model: ModelArgument) -> Answer:
    """Shapes, parameters, multiply-accumulates and memory of a model, for one sample."""
    from engine.findings import findings
    from engine.opening import open_model
    from engine.report import report_of

    opened = open_model(model)
    report = report_of(opened.model)
    errors = [problem for problem in findings(opened) if problem.severity == "error"]

    def show(console: Console) -> None:
        console.print(_table(opened.model, report))
        _show_errors(errors, console)

    return Answer(_told(opened.model, report), show, status=1 if errors else 0)


def _told(model: Model, report: Report) -> dict[str, Any]:
    from engine.active import active, deployment
    from engine.declare import name_of
    from engine.layers.data import Input

    nodes = [
        {
            "name": node.name,
            "layer": name_of(node.layer),
            "output": _shape(report.nodes[node.name].outputs),
            "params": report.nodes[node.name].params,
            "macs": report.nodes[node.name].macs,
            "memory": report.nodes[node.name].memory,
        }
        for node in model.network.nodes
    ]
    return {
        "name": model.name,
        "nodes": nodes,
        "params": report.params,
        "macs": report.macs,
        "memory": report.memory,
        "inputs": [node.name for node in active(model.network).nodes if isinstance(node.layer, Input)],
        "outputs": [str(link) for link in deployment(model.network).outputs],
    }


def _shape(outputs: Sequence[Signal]) -> list[int] | None:
    """The shape of a node's first output; None where it cannot be told."""
    return list(outputs[0].shape) if outputs else None


def _table(model: Model, report: Report) -> Table:
    from rich.markup import escape
    from rich.table import Table

    from engine.declare import name_of
    from engine.layers.base import written

    table = Table("Node", "Layer", "Output", title=escape(model.name) or None, show_footer=True)
    for title, total in (
        ("Parameters", f"{report.params:,}"),
        ("MACs", f"{report.macs:,}"),
        ("Memory", _bytes(report.memory)),
    ):
        table.add_column(title, total, justify="right")
    for node in model.network.nodes:
        told = report.nodes[node.name]
        output = ", ".join(written(signal.shape) for signal in told.outputs) or "?"
        layer = f"{name_of(node.layer)} {node.layer.brief()}".strip()
        costs = (f"{told.params:,}", f"{told.macs:,}", _bytes(told.memory))
        table.add_row(escape(node.name), escape(layer), output, *costs)
    return table


def _bytes(count: float) -> str:
    """A size as people read it: `48.5 kB`."""
    unit = 0
    while count >= 1000 and unit < len(UNITS) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.3g} {UNITS[unit]}" if unit else f"{count:.0f} {UNITS[0]}"


def _show_errors(errors: Sequence[Problem], console: Console) -> None:
    from rich.markup import escape

    for problem in errors:
        where = f"{problem.node}: " if problem.node else ""
        console.print(f"[bold red]error[/]: {escape(where + problem.message)}")
