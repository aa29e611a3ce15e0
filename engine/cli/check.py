"""`netwright check`: every problem of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.answers import Answer, ModelArgument

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {"error": "bold red", "warning": "yellow", "suggestion": "dim"}


def command(model: ModelArgument) -> Answer:
    """Every problem of a model, with its place and what would mend it."""
    from engine.findings import findings
    from engine.opening import open_model

    opened = open_model(model)
    problems = findings(opened)
    errors = sum(problem.severity == "error" for problem in problems)

    def show(console: Console) -> None:
        from rich.markup import escape

        for problem in problems:
            place = ":".join(str(part) for part in (opened.path, problem.line, problem.column) if part)
            where = ": ".join(part for part in (place, problem.node) if part)
            told = f"[{STYLES[problem.severity]}]{problem.severity}[/]: {escape(problem.message)}"
            console.print(f"{escape(where)}: {told}", soft_wrap=True)
            if problem.hint:
                console.print(f"  {escape(problem.hint)}", style="dim")
        if not problems:
            console.print(f"{escape(str(opened.path))}: no problems")

    data = [
        {name: getattr(problem, name) for name in ("severity", "node", "line", "column", "message", "hint")}
        for problem in problems
    ]
    return Answer({"problems": data}, show, status=1 if errors else 0)
