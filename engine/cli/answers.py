"""What a verb gives back, and the arguments that many verbs take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import NetwrightError

if TYPE_CHECKING:
    from rich.console import Console

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A readable file, gallery:NAME or a run's folder.", show_default=False)
]
DeviceOption = Annotated[str, typer.Option(help="cpu, cuda:N, gpu:N or mps; `netwright devices` lists them.")]
DataOption = Annotated[
    str, typer.Option(metavar="FILE", help="A schema file whose data section is used instead.", show_default=False)
]
SplitOption = Annotated[str, typer.Option(help="train, validation or test.")]


@dataclass(frozen=True)
class Answer:
    """`data` for --json, `show` for people; `status` 1 where the answer tells of errors."""

    data: Mapping[str, Any]
    show: Callable[[Console], None]
    status: int = 0


class WrongUsage(NetwrightError):
    """Arguments that do not go together, or that name what is not there."""
