"""`netwright formats`: which files are read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cli.answers import Answer

if TYPE_CHECKING:
    from rich.console import Console


def command() -> Answer:
    """File formats, and which way they go."""
    from engine.formats import FORMATS

    rows = [
        {
            "name": row.name,
            "title": row.title,
            "extensions": row.extensions,
            "reads": row.reads,
            "writes": row.writes,
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

    return Answer({"formats": rows}, show)
