"""`netwright formats`: which files are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command(
    model: Annotated[str, typer.Argument(help="Also say where this model cannot go.", show_default=False)] = "",
) -> Answer:
    """File formats, and which way they go."""
    from engine.formats import FORMATS

    refused = _refused(model) if model else {}

    rows = [
        {
            "name": row.name,
            "title": row.title,
            "extensions": row.extensions,
            "reads": row.reads,
            "writes": row.writes,
            **({"refused": refused[row.name]} if row.name in refused else {}),
        }
        for row in FORMATS.values()
    ]

    def show(console: Console) -> None:
        from rich.table import Table

        table = Table("Format", "", "Files", "Read", "Written")
        for row in FORMATS.values():
            ways = ("yes" if way else "no" for way in (row.reads, row.writes))
            table.add_row(row.name, row.title, " ".join(row.extensions), *ways)
        console.print(table)
        for name, reason in refused.items():
            if reason:
                console.print(f"Not to {name}: {reason}", highlight=False, markup=False)

    return Answer({"formats": rows}, show)


def _refused(source: str) -> dict[str, str]:
    """By the name of each format that is written why the model cannot be; "" where it can."""
    from engine.conversion import refusal
    from engine.formats import FORMATS
    from engine.opening import open_model

    model = open_model(source).model
    return {row.name: refusal(model, row) for row in FORMATS.values() if row.writes}
