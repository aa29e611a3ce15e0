"""Starting `netwright` verbs in processes of their own: whatever runs a network does so outside the window."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import resources

ERROR = "error: "
"""How the command line begins a line that tells what went wrong; hints stand below it, moved in."""


def command_line(*arguments: str) -> list[str]:
    """What starts this very installation's command line with `arguments`."""
    return [sys.executable, str(Path(resources.__file__).parent.parent / "main.py"), *arguments]


def complaint_in(told: str) -> str:
    """The first error that a verb wrote on its standard error, in a line with its hint; empty where it wrote none."""
    lines = told.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(ERROR)]
    if not places:
        return ""
    hints = itertools.takewhile(lambda line: line.startswith("  "), lines[places[0] + 1 :])
    others = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return " – ".join((lines[places[0]].removeprefix(ERROR), *map(str.strip, hints))) + others


def last_words(told: str) -> str:
    """The same, or the last line of what was written in other words."""
    return complaint_in(told) or next((line.strip() for line in reversed(told.splitlines()) if line.strip()), "")
