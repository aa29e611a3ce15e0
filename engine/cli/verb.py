"""Performs one verb: reads its arguments with typer, calls it, prints its answer or its error."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, TextIO

import typer

from engine.cli.answers import Answer
from engine.cli.complaints import complain
from engine.cli.output import clean_stdout, console_on, write_line

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
JSON = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson)

INTERRUPTED = 130  # what shells give for a process that Ctrl-C ended


def perform(verb: str, arguments: Sequence[str]) -> int:
    """Does `verb` and gives the exit status."""
    command = importlib.import_module(f"engine.cli.{verb}").command
    values, status = parsed(verb, command, arguments)
    if values is None:
        return status
    as_json = values.pop("as_json")
    with clean_stdout() as stdout:
        try:
            return _print(command(**values), stdout, as_json)
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            return 1  # the reader of our output has gone: nobody is left to tell
        except Exception as error:
            return complain(error, stdout, as_json)


def parsed(verb: str, command: Callable[..., Any], arguments: Sequence[str]) -> tuple[dict[str, Any] | None, int]:
    """The values of the command's parameters; or None, after help or a refusal, and the exit status."""
    found: list[dict[str, Any]] = []

    def collect(**values: Any) -> None:
        found.append(values)

    signature = inspect.signature(command, eval_str=True)
    collect.__doc__ = command.__doc__
    collect.__signature__ = signature.replace(parameters=[*signature.parameters.values(), JSON])  # type: ignore[attr-defined]
    application = typer.Typer(add_completion=False)
    application.command()(collect)
    try:
        typer.main.get_command(application).main(list(arguments), prog_name=f"netwright {verb}")
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else 2
    return (found[0] if found else None), status


def _print(answer: Answer | Iterable[Mapping[str, Any]], stdout: TextIO, as_json: bool) -> int:
    if not isinstance(answer, Answer):
        for line in answer:
            write_line(line, stdout)
        return 0
    if as_json:
        write_line(answer.data, stdout)
    else:
        answer.show(console_on(stdout))
    return answer.status
