"""Keeps what happened when something went wrong that nobody foresaw."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from engine.version import version


def keep(error: BaseException) -> Path:
    """Writes the traceback of `error` and what was running into a file of its own, and gives its path."""
    text = (
        f"netwright {version()}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(error))}"
    )
    path = _folder() / f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{time.time_ns() % 10**9:09d}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def _folder() -> Path:
    import platformdirs

    folder = platformdirs.user_log_path("netwright")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return folder
