"""`netwright convert`: a model in another format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.answers import Answer, ModelArgument, WrongUsage

if TYPE_CHECKING:
    from rich.console import Console

    from engine.formats import Format

WeightsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Weights (safetensors) in place of the model's own.", show_default=False),
]


def command(
    source: ModelArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A file, or a folder for all files of the format.")],
    origin: Annotated[str, typer.Option("--from", help="IN's format; else told by its content.")] = "",
    to: Annotated[str, typer.Option("--to", help="OUT's format; else told by its ending.")] = "",
    weights: WeightsOption = None,
    opset: Annotated[int | None, typer.Option(help="Version of ONNX's operators.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over what is there.")] = False,
) -> Answer:
    """Write a model in another format."""
    from engine.conversion import Wish, convert
    from engine.opening import open_model

    target = _target(to, out)
    opened = open_model(source)
    if origin and origin != opened.format:
        raise WrongUsage(f"is {opened.format}, not {origin}", file=str(opened.path))
    done = convert(opened, target, Wish(out, weights, opset, force))
    notes = (*map(str, opened.notes), *done.notes)

    def show(console: Console) -> None:
        for file in done.files:
            console.print(str(file), markup=False, soft_wrap=True)
        for note in notes:
            console.print(f"  {note}", style="dim", markup=False)

    data = {"from": opened.format, "to": target.name, "files": [str(file) for file in done.files], "notes": notes}
    return Answer(data, show)


def _target(to: str, out: Path) -> Format:
    from engine.formats import FORMATS, format_for, format_named

    found = format_named(to) if to else format_for(out)
    if found is None:
        raise WrongUsage(f"which format {out} is to be cannot be told", hint=f"say --to {' or '.join(FORMATS)}")
    return found
