"""`netwright gallery`: models that ship with the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.answers import Answer, WrongUsage

if TYPE_CHECKING:
    from rich.console import Console


def command(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The one to copy.", show_default=False)] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> Answer:
    """Models that ship with Netwright; with NAME and --out one of them is copied."""
    from engine.opening import gallery

    if not name and out is None:
        return _list(gallery())
    if not name or out is None:
        raise WrongUsage("a copy needs both a NAME and --out FILE")
    return _copy(name, out, force)


def _list(models: dict[str, Path]) -> Answer:
    from engine.schema.files import load

    rows: list[dict[str, Any]] = []
    for name, path in models.items():
        model = load(path).model
        rows.append({"name": name, "title": model.name, "help": model.head, "nodes": len(model.network.nodes)})

    def show(console: Console) -> None:
        from rich.markup import escape
        from rich.table import Table

        table = Table("Model", "Nodes", "What it is")
        for row in rows:
            table.add_row(f"gallery:{row['name']}", str(row["nodes"]), escape(row["help"].split("\n\n")[0]))
        console.print(table)

    return Answer({"gallery": rows}, show)


def _copy(name: str, out: Path, force: bool) -> Answer:
    from engine.opening import gallery_path
    from engine.schema.files import SUFFIX, replace_file

    source = gallery_path(name)
    place = out / f"{name}{SUFFIX}" if out.is_dir() else out
    if place.exists() and not force:
        raise WrongUsage("is there already", file=str(place), hint="--force writes over it")
    replace_file(place, source.read_bytes())
    return Answer({"gallery": [{"name": name}], "files": [str(place)]}, lambda console: console.print(str(place)))
