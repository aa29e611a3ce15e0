"""Runs: one training each, a folder with everything needed to repeat, resume or compare it."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from engine.errors import RunError
from engine.plain import plain
from engine.training import lock
from engine.training.checkpoints import WEIGHTS, Checkpoints
from engine.training.journal import Journal
from engine.training.messages import Epoch, Failed, Finished, Message, Paused, Resumed, Started, Story, from_json

PROGRESS = b'{"event": "progress"'
"""How most lines of a run's events begin, and those that a list of runs does not need."""

Status = Literal["running", "paused", "finished", "failed", "interrupted"]


@dataclass(frozen=True)
class Run:
    """The folder of one training."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> Run:
        """A new folder at `path`. Raises RunError when there is something already."""
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            raise RunError("is there already; a run has a folder of its own", file=str(path)) from None
        return cls(path)

    @classmethod
    def create_in(cls, folder: Path, name: str, now: float | None = None) -> Run:
        """A new folder in `folder`, named by the time and `name`; a second one in the same second ends in -2."""
        paths = paths_in(folder, name, now)
        while True:
            with contextlib.suppress(RunError):
                return cls.create(next(paths))

    @classmethod
    def open(cls, path: Path) -> Run:
        """The run at `path`. Raises RunError when there is none."""
        if not is_run(path):
            raise RunError("is not a run: it has no environment.json beside a model.txtpb", file=str(path))
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def model(self) -> Path:
        """The model as it is trained: paths absolute, recipe as used."""
        return self.path / "model.txtpb"

    @property
    def report(self) -> Path:
        """Where plots and tables go."""
        return self.path / "report"

    @property
    def checkpoints(self) -> Checkpoints:
        """Its checkpoints."""
        return Checkpoints(self.path / "checkpoints")

    @property
    def events(self) -> Journal:
        """What it told, from the beginning."""
        return Journal(self.path / "events.jsonl")

    @property
    def commands(self) -> Journal:
        """What it was told, from the beginning."""
        return Journal(self.path / "commands.jsonl")

    @cached_property
    def environment(self) -> Mapping[str, Any]:
        """Versions, plan, seed, fingerprint of the data."""
        return self._read("environment.json")

    @cached_property
    def labels(self) -> Mapping[str, list[str]]:
        """Names of the classes by target node."""
        return self._read("labels.json")

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Puts a JSON file into the folder."""
        text = json.dumps(plain(data), indent=2, ensure_ascii=False) + "\n"
        (self.path / name).write_text(text, encoding="utf-8")

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Holds the run while it is trained. Raises RunError when another process does."""
        return lock.held(self.path / "lock")

    def story(self, *, progress: bool = True) -> Story:
        """What it told, without what was taken back; without `progress` it is read faster."""
        story = Story()
        story.add(messages(self.events, b"" if progress else PROGRESS))
        return story

    def weights(self, checkpoint: str = "best") -> Path:
        """The best weights, or the last where none were judged yet. Raises RunError before the first checkpoint."""
        for name in dict.fromkeys((checkpoint, "last")):
            path = self.checkpoints.path(name)
            if path is not None:
                return path / WEIGHTS
        raise RunError("has no checkpoint yet", file=str(self.path))

    def status(self, story: Story | None = None) -> Status:
        """Whether it is under way, and how it ended if not."""
        last = (story or self.story(progress=False)).last(Started, Finished, Failed, Paused, Resumed)
        if lock.is_held(self.path / "lock"):
            return "paused" if isinstance(last, Paused) else "running"
        return "finished" if isinstance(last, Finished) else "failed" if isinstance(last, Failed) else "interrupted"

    def describe(self) -> dict[str, Any]:
        """What a list of runs says of it."""
        story = self.story(progress=False)
        started, epoch, ended = story.last(Started), story.last(Epoch), story.last(Finished)
        plan = self.environment.get("plan", {})
        return {
            "name": self.name,
            "path": str(self.path),
            "model": self.environment.get("model", ""),
            "status": self.status(story),
            "reason": ended.reason if isinstance(ended, Finished) else "",
            "started": started.time if started else None,
            "engine": plan.get("backend", ""),
            "device": plan.get("device", ""),
            "epochs": started.epochs if isinstance(started, Started) else 0,
            "epoch": epoch.epoch if isinstance(epoch, Epoch) else 0,
            "train": epoch.train if isinstance(epoch, Epoch) else {},
            "validation": epoch.validation if isinstance(epoch, Epoch) else {},
            "last": (epoch.validation or epoch.train) if isinstance(epoch, Epoch) else {},
            "best": ended.best if isinstance(ended, Finished) else {},
        }

    def _read(self, name: str) -> dict[str, Any]:
        try:
            data: dict[str, Any] = json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"cannot be read: {error}", file=str(self.path / name)) from None
        return data


def messages(events: Journal, without: bytes = b"") -> list[Message]:
    """What is new in a run's events, but for lines that begin with `without`."""
    return [message for event in events.new(without) if (message := from_json(event)) is not None]


def paths_in(folder: Path, name: str, now: float | None = None) -> Iterator[Path]:
    """Where a run that begins now may lie in `folder`: by the time and `name`, then with -2, -3 … behind."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() if now is None else now))
    stem = f"{stamp}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-') or 'model'}"
    yield folder / stem
    yield from (folder / f"{stem}-{number}" for number in itertools.count(2))


def is_run(path: Path) -> bool:
    """Whether `path` is the folder of a run."""
    return (path / "environment.json").is_file() and (path / "model.txtpb").is_file()


def runs_in(folder: Path) -> Iterator[Run]:
    """The runs in `folder`, the newest first."""
    if folder.is_dir():
        for path in sorted(folder.iterdir(), key=lambda path: path.name, reverse=True):
            if is_run(path):
                yield Run(path)
