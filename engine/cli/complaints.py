"""Errors on the command line: sentences on stderr, problems in the JSON answer, the exit status."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape

from engine.cli.answers import WrongUsage
from engine.cli.output import write_line
from engine.errors import DeviceError, NetwrightError, Problem, SeveralProblems, Unreadable

WRONG_USAGE = (WrongUsage, DeviceError, Unreadable, OSError)


def complain(error: Exception, stdout: TextIO, as_json: bool) -> int:
    """Prints an error as sentences and gives the exit status; what nobody foresaw goes to a file, not the screen."""
    problems = _problems(error)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem, place in problems:
        console.print(f"[bold red]{problem.severity}[/]: {escape(': '.join(filter(None, (place, problem.message))))}")
        if problem.hint:
            console.print(f"  {escape(problem.hint)}", style="dim")
    if as_json:
        write_line({"error": str(error), "problems": [_as_data(problem) for problem, _ in problems]}, stdout)
    return 2 if isinstance(error, WRONG_USAGE) else 1


def _problems(error: Exception) -> list[tuple[Problem, str]]:
    if isinstance(error, SeveralProblems):
        return [(problem, _place(error.file, problem)) for problem in error.problems]
    if isinstance(error, NetwrightError):
        problem = Problem(error.message, "error", error.node, error.line, error.column, error.hint)
        return [(problem, _place(error.file, problem))]
    if isinstance(error, OSError) and error.strerror:
        return [(Problem(f"{error.filename or 'the system'}: {error.strerror}"), "")]
    return [(_unforeseen(error), "")]


def _place(file: str, problem: Problem) -> str:
    place = ":".join(str(part) for part in (file, problem.line, problem.column) if part) if file else ""
    return ": ".join(part for part in (place, problem.node) if part)


def _as_data(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("severity", "node", "line", "column", "message", "hint")}


def _unforeseen(error: Exception) -> Problem:
    from engine.cli.crash import keep

    return Problem(
        f"this is a mistake in Netwright, not yours ({type(error).__name__}: {error})",
        hint=f"The details are in {keep(error)}; please report them.",
    )
