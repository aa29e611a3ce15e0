"""Netwright's front door: a verb works in this terminal, everything else opens the window."""

import os
import sys
from collections.abc import Sequence

NO_DISPLAY = """There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open.
Every verb works without one, for instance: netwright train gallery:lenet    (all of them: netwright --help)"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve `netwright …` and `python main.py …`; the exit status is 0 done, 1 errors found, 2 wrong usage."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    return open_window(arguments) if is_for_window(arguments) else run_verb(arguments)


def is_for_window(arguments: Sequence[str]) -> bool:
    """Nothing, or one file: no verb has a dot, a slash or a colon in it, every file can be written with one."""
    return not arguments or (
        len(arguments) == 1 and not arguments[0].startswith("-") and any(mark in arguments[0] for mark in "./\\:")
    )


def run_verb(arguments: Sequence[str]) -> int:
    from engine.cli import main as command_line

    return command_line(arguments)


def open_window(arguments: Sequence[str]) -> int:
    if not has_display():
        print(NO_DISPLAY, file=sys.stderr)  # noqa: T201 - Qt would abort the process instead
        return 2
    from designer.application import main as window

    return window(arguments)


def has_display() -> bool:
    """Only Linux can be without; a chosen Qt platform (offscreen, vnc …) counts as one."""
    given = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in given)


if __name__ == "__main__":
    sys.exit(main())
