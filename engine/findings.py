"""All that is known to be wrong with an opened model, each with its place in the text."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import Problem
from engine.opening import Opened
from engine.report import report_of

_GRAVITY = ("error", "warning", "suggestion")


def findings(opened: Opened) -> tuple[Problem, ...]:
    """What the reader and the report found: errors first, then in the order of the text."""
    told = {problem.node for problem in opened.problems if problem.node}
    reported = (
        _placed(problem, opened)
        for problem in report_of(opened.model).problems
        if problem.node not in told or problem.severity == "error"  # a kept layer: the reader knows its very place
    )
    found = (*opened.problems, *reported)
    return tuple(sorted(found, key=lambda problem: (_GRAVITY.index(problem.severity), problem.line, problem.column)))


def _placed(problem: Problem, opened: Opened) -> Problem:
    """With the line and column of its node, where it has no place of its own."""
    place = opened.places.get(problem.node)
    return problem if problem.line or place is None else replace(problem, line=place[0], column=place[1])
