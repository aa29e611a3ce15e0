"""What can go wrong in a way that a person can mend: one clear sentence, and where."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class NetwrightError(Exception):
    """A mistake of the input in one sentence; `node`, `file`, `line`, `column` say where, `hint` what helps."""

    def __init__(
        self,
        message: str,
        *,
        node: str = "",
        file: str = "",
        line: int = 0,
        column: int = 0,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.file = file
        self.line = line
        self.column = column
        self.hint = hint

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (place, self.node, self.message) if part)


class FieldError(NetwrightError):
    """A value that a declared field does not take; `field` names it."""

    def __init__(self, message: str, *, field: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class ShapeError(NetwrightError):
    """Shapes that do not fit a layer."""


class SeveralProblems(NetwrightError):
    """An error with several causes; `problems` holds all that were found, not only the first."""

    def __init__(self, problems: tuple[Problem, ...], *, file: str = "") -> None:
        first = problems[0]
        super().__init__(first.message, file=file, line=first.line, column=first.column, hint=first.hint)
        self.problems = problems


class SchemaError(SeveralProblems):
    """Text that is not a schema."""


class Unreadable(NetwrightError):
    """A file that is not there, or that no format can read."""


class DataError(SeveralProblems):
    """Data that are missing, damaged or not what the data spec says."""


class DeviceError(NetwrightError):
    """A device that this machine does not have."""


class Unsupported(NetwrightError):
    """Something that a backend or a format truly cannot hold, with the reason."""


class RunError(NetwrightError):
    """A run folder that cannot be used as asked."""


@dataclass(frozen=True)
class Problem:
    """One thing to know about a model before it runs: what, how bad, where, and what would mend it."""

    message: str
    severity: str = "error"  # error, warning or suggestion; of a training also notice
    node: str = ""
    line: int = 0
    column: int = 0
    hint: str = ""


def reason(error: Exception) -> str:
    """What the system or a library says is wrong, without numbers and paths that the sentence has already."""
    if isinstance(error, UnicodeDecodeError):
        return f"it holds the byte 0x{error.object[error.start]:02x}, which is not {error.encoding.upper()}"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """A hint at the name that was probably meant, or an empty one."""
    close = difflib.get_close_matches(wrong, tuple(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""
