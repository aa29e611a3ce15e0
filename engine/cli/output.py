"""The standard output of a verb: its answer and nothing else."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from rich.console import Console

from engine.plain import plain


@contextlib.contextmanager
def clean_stdout() -> Iterator[TextIO]:
    """Points descriptor 1 at stderr; what is yielded still writes to where it pointed before."""
    try:
        descriptor = sys.stdout.fileno()
    except (AttributeError, io.UnsupportedOperation):  # a test or an embedding program has put its own in place
        yield sys.stdout
        return
    sys.stdout.flush()
    kept = os.dup(descriptor)
    os.dup2(sys.stderr.fileno(), descriptor)
    stdout = os.fdopen(kept, "w", encoding="utf-8", errors="replace", closefd=False)
    try:
        yield stdout
    finally:
        with contextlib.suppress(BrokenPipeError):  # who read it has gone, as `head` does: the rest goes nowhere
            stdout.close()
        sys.stdout.flush()
        os.dup2(kept, descriptor)
        os.close(kept)


def write_line(data: Mapping[str, Any], stdout: TextIO) -> None:
    """One JSON object on a line of its own."""
    json.dump(plain(data), stdout, ensure_ascii=False, allow_nan=False)
    stdout.write("\n")
    stdout.flush()


def console_on(stream: TextIO) -> Console:
    """A console as wide as the terminal; into a file or pipe wide enough not to break what programs look for."""
    return Console(file=stream, width=None if stream.isatty() else 120, highlight=False)
