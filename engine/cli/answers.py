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
DataOption = Annotated[
    str, typer.Option(metavar="FILE", help="A schema file whose data section is used instead.", show_default=False)
]


@dataclass(frozen=True)
class Answer:
    """`data` for --json, `show` for people; `status` 1 where the answer tells of errors."""

    data: Mapping[str, Any]
    show: Callable[[Console], None]
    status: int = 0


class WrongUsage(NetwrightError):
    """Arguments that do not go together, or that name what is not there."""


ENGINES = ("auto", "torch", "mxnet")
ONNXRUNTIME = "onnxruntime"
"""Not an engine: what runs an exported model elsewhere."""


def check_engine(name: str, *others: str) -> None:
    """Raises WrongUsage for what is no engine."""
    known = (*ENGINES, *others)
    if name not in known:
        raise WrongUsage(f"--engine is one of {', '.join(known)}, not {name!r}")
