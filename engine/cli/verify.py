"""`netwright verify`: whether an exported file computes elsewhere what its model does here."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that was exported.", show_default=False)],
    against: Annotated[str, typer.Option(metavar="MODEL", help="The model that it was made from.", show_default=False)],
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its weights, where it has none of its own.", show_default=False)
    ] = None,
    tolerance: Annotated[float, typer.Option(help="The largest relative error that is no difference.")] = 1e-4,
) -> Answer:
    """Run an exported file in another runtime on the same inputs as its model, and compare the outputs."""
    from engine.opening import open_model
    from engine.verify import verify

    verdict = verify(file, open_model(against), weights, tolerance)
    difference = verdict.first_difference

    def show(console: Console) -> None:
        from rich.markup import escape

        console.print(f"{verdict.runtime} against {verdict.engine}: {', '.join(verdict.outputs)}")
        console.print(f"largest error {verdict.max_abs_error:.3g}, relative {verdict.max_rel_error:.3g}")
        for note in verdict.notes:
            console.print(f"  {note}", style="dim")
        if difference is None:
            console.print(f"[green]the same[/] on {len(verdict.inputs)} inputs, within {tolerance:g}")
        else:
            place = f"{escape(difference.value)} at {', '.join(map(str, difference.index))} ({difference.input})"
            console.print(f"[red]differs[/] first in {place}: {difference.found:g}, not {difference.expected:g}")

    return Answer(asdict(verdict), show, status=0 if difference is None else 1)
