"""Schema files on disk: read with clear errors, saved so that no crash leaves half a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from engine.errors import NetwrightError, SchemaError, Unreadable
from engine.model import Model
from engine.schema.read import Reading, is_schema, read
from engine.schema.write import write

SUFFIX = ".txtpb"


def load(path: Path | str) -> Reading:
    """The model in a schema file. Raises Unreadable, or SchemaError with all its problems."""
    return read(text_of(Path(path)), str(path))


def text_of(path: Path) -> str:
    """A file's text. Raises Unreadable where it is missing, a folder, locked away or not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not text: byte {error.start} is no UTF-8", file=str(path)) from None


def save(model: Model, path: Path | str) -> None:
    """Writes the model's schema at once or not at all, and reads it back.

    Raises NetwrightError where the file there holds what this program cannot read: that would be lost.
    """
    path = Path(path)
    text = write(model)
    _check_back(text, text, path)
    _check_loses_nothing(path)
    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise NetwrightError(f"cannot be saved: {error.strerror}", file=str(path)) from None
    _check_back(text_of(path), text, path)


def _check_back(found: str, text: str, path: Path) -> None:
    try:
        same = write(read(found).model) == text
    except SchemaError as error:
        raise NetwrightError(
            f"would not read back: {error.message}", file=str(path), node=error.problems[0].node
        ) from None
    if not same:
        raise NetwrightError("would not read back as the same model", file=str(path))


def _check_loses_nothing(path: Path) -> None:
    """A schema that was changed elsewhere into something unreadable is not written over."""
    if not path.is_file():
        return
    try:
        text = text_of(path)
    except Unreadable:  # not a schema: whoever chose the name has been asked
        return
    if not is_schema(text):
        return
    try:
        read(text, str(path))
    except SchemaError as error:
        problem = error.problems[0]
        raise NetwrightError(
            f"is not saved over, for it holds what would be lost: {problem.message}",
            file=str(path),
            line=problem.line,
            column=problem.column,
            hint="save under another name, or mend the file there",
        ) from None


def replace_file(path: Path, data: bytes) -> None:
    """Beside, to the disk, then renamed: whoever opens the file finds all of the old or all of the new."""
    target = path.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(target.stat().st_mode & 0o777 if target.exists() else _usual_mode())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _usual_mode() -> int:
    """What a new file gets here; mkstemp gives its owner alone access."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
