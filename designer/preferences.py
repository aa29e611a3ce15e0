"""What the user prefers: one declared record, kept between sessions, whose fields are the dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from engine.declare import Record, fields_of
from engine.errors import FieldError

RECENT = 12
"""How many files the menu remembers."""


class Preferences(Record):
    """How the program looks and what it takes where nothing else is said."""

    theme: Annotated[Literal["system", "dark", "light"], "Colours of the window; `system` follows the desktop."] = (
        "system"
    )
    engine: Annotated[Literal["auto", "mxnet", "torch"], "What trains; `auto` times both on the network itself."] = (
        "auto"
    )
    device: Annotated[str, "What it trains on: `auto`, `cpu`, `cuda:0`, `gpu:0`, `mps`."] = "auto"
    runs: Annotated[str, "The folder of the runs; empty: `runs` beside the model, or in the home folder."] = ""
    first_steps: Annotated[bool, "Open LeNet at the start when no file is given."] = True


class Settings(QObject):
    """Preferences, recent files and the window's geometry, in the place where the desktop keeps such things."""

    changed = Signal(object)
    """Other preferences hold."""

    def __init__(self, store: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.preferences = _stored(store)

    def prefer(self, preferences: Preferences) -> None:
        """Take and keep other preferences."""
        if preferences == self.preferences:
            return
        self.preferences = preferences
        for field in fields_of(Preferences):
            self._store.setValue(f"preferences/{field.name}", getattr(preferences, field.name))
        self.changed.emit(preferences)

    @property
    def recent(self) -> tuple[Path, ...]:
        """The files that were last open, newest first."""
        value = self._store.value("recent", [])
        names: Any = [value] if isinstance(value, str) else value
        return tuple(Path(str(name)) for name in names or [])

    def remember(self, path: Path) -> None:
        """Put `path` in front of the recent files."""
        others = [other for other in self.recent if other != path]
        self.keep_recent([path, *others][:RECENT])

    def forget(self, path: Path) -> None:
        """Take `path` out of the recent files."""
        self.keep_recent([other for other in self.recent if other != path])

    def keep_recent(self, paths: Sequence[Path]) -> None:
        self._store.setValue("recent", [str(path) for path in paths])

    @property
    def last_run(self) -> Path | None:
        """The run that had not ended when it was last seen."""
        value = self._store.value("last_run", "")
        return Path(str(value)) if value else None

    def keep_last_run(self, run: Path | None) -> None:
        """Remember which run to come back to; None: there is none."""
        self._store.setValue("last_run", str(run or ""))

    def geometry(self, name: str) -> QByteArray:
        """The bytes last kept under `name`."""
        value = self._store.value(f"geometry/{name}", QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep_geometry(self, name: str, value: QByteArray) -> None:
        """Keep a window's place or state under `name`."""
        self._store.setValue(f"geometry/{name}", value)


def _stored(store: QSettings) -> Preferences:
    """What was kept, leaving out whatever no longer holds."""
    preferences = Preferences()
    for field in fields_of(Preferences):
        value = store.value(f"preferences/{field.name}")
        if value is None:
            continue
        try:
            preferences = replace(preferences, **{field.name: _typed(field.kind, value)})
        except FieldError:
            store.remove(f"preferences/{field.name}")
    return preferences


def _typed(kind: str, value: Any) -> Any:
    """An INI file holds `true` as text."""
    return value in (True, "true") if kind == "bool" else str(value)
