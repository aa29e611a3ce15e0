"""Starting `netwright` verbs in processes of their own: whatever runs a network does so outside the window."""

from __future__ import annotations

import sys
from pathlib import Path

import resources


def command_line(*arguments: str) -> list[str]:
    """What starts this very installation's command line with `arguments`."""
    return [sys.executable, str(Path(resources.__file__).parent.parent / "main.py"), *arguments]
