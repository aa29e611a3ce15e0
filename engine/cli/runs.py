"""`netwright runs`: the trainings in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where they are.", show_default=False)] = Path("runs"),
) -> Answer:
    """The trainings in a folder, the newest first: their state, how far they came, their best values."""
    from engine.training.runs import runs_in

    found = [run.describe() for run in runs_in(folder)]

    def show(console: Console) -> None:
        from rich.markup import escape
        from rich.table import Table

        table = Table("Run", "State", "Engine", "Epoch", "Last", "Best")
        for run in found:
            done = f"{run['epoch']:g}/{run['epochs']}"
            table.add_row(
                escape(run["name"]), run["status"], run["engine"], done, *(_brief(run[x]) for x in ("last", "best"))
            )
        console.print(table if found else f"There are no runs in {escape(str(folder))}.")

    return Answer({"runs": found}, show)


def _brief(means: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in means.items() if not name.startswith(("validation_", "train_", "step"))}
    return "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in kept.items())
