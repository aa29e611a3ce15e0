"""Training from the window: what Train, Pause, Stop and Resume do, and when each of them can be done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from designer.document import Document
from designer.history import History
from designer.preferences import Settings
from designer.runs_client import RunClient
from engine.data.places import located
from engine.errors import NetwrightError
from engine.model import Model
from engine.schema.files import save
from engine.training.lock import is_held
from engine.training.messages import Message
from engine.training.runs import runs_in


class Training(QObject):
    """The one training that the window shows; it goes on when the window is closed."""

    changed = Signal()
    """The state or the history is another: at most a few times a second."""
    began = Signal()
    """Another run is shown from now on."""
    refused = Signal(str)
    """Why nothing was done."""

    def __init__(
        self, document: Document, settings: Settings, client: RunClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._settings = settings
        self._client = client
        self.history = History()
        self.complaint = ""
        client.told.connect(self._hear)
        client.ended.connect(self._end)

    @property
    def run(self) -> Path | None:
        """The folder of the run that is shown."""
        return self._client.run

    @property
    def is_active(self) -> bool:
        """Whether a process is training (or loading, or pausing)."""
        return self._client.is_following

    @property
    def is_loading(self) -> bool:
        """Whether the process has begun and has not said anything yet."""
        return self.is_active and self.history.state == "waiting"

    def obstacles(self) -> dict[str, str]:
        """Of each command that cannot be given now, the reason."""
        state = self.history.state
        errors = [problem for problem in self._document.report.problems if problem.severity == "error"]
        train = ("a training is running" if self.is_active else "") or (errors[0].message if errors else "")
        idle = "" if self.is_active else "nothing is training"
        return {
            "train": train,
            "pause": idle or ("" if state == "running" else f"the training is {state}"),
            "stop": idle,
            "resume": self._why_not_resume(),
        }

    def train(self) -> None:
        """Start a run of the document as it is now."""
        reason = self.obstacles()["train"]
        if reason:
            self.refused.emit(f"Cannot train: {reason}")
            return
        run = self._new_run()
        try:
            model = self._frozen(run)
        except NetwrightError as error:
            self.refused.emit(str(error))
            return
        preferences = self._settings.preferences
        chosen = ["--engine", preferences.engine, *(["--device", preferences.device] * (preferences.device != "auto"))]
        self._begin(lambda: self._client.start(run, [str(model), "--run", str(run), *chosen]))

    def pause(self) -> None:
        """Wait after the next step."""
        self._client.send("pause")

    def resume(self) -> None:
        """Go on: at once after a pause, from the last checkpoint where the process is gone."""
        reason = self._why_not_resume()
        if reason:
            self.refused.emit(f"Cannot resume: {reason}")
        elif self.is_active:
            self._client.send("resume")
        elif self.run is not None:
            run = self.run
            self._client.start(run, ["--resume", str(run)])
            self.changed.emit()

    def stop(self) -> None:
        """End after the next step, with a checkpoint."""
        self._client.send("stop")

    def set_learning_rate(self, value: float) -> None:
        """Another base learning rate from the next step on."""
        self._client.send("set_learning_rate", value=value)

    def leave(self) -> None:
        """Follow the run no longer; it goes on by itself."""
        self._client.leave()
        self.changed.emit()

    def show(self, run: Path) -> None:
        """Show a run that is there already, and follow it where it still goes on."""
        self._begin(lambda: self._client.follow(run))
        self._client.look()

    def attach(self) -> None:
        """Show the run that was last shown, or another of the runs' folder, if it still goes on."""
        last = self._settings.last_run
        known = [last] if last is not None else []
        for run in (*known, *(run.path for run in runs_in(self.runs_folder()))):
            if is_held(run / "lock"):
                self.show(run)
                return

    def runs_folder(self) -> Path:
        """Where new runs go: as preferred, else `runs` beside the document, else in the home folder."""
        preferred = self._settings.preferences.runs
        if preferred:
            return Path(preferred)
        path = self._document.path
        return (path.parent if path else Path.home() / "netwright") / "runs"

    def _begin(self, begin: Callable[[], object]) -> None:
        self.history, self.complaint = History(), ""
        begin()
        if self.run is not None:
            self._settings.keep_last_run(self.run)
        self.began.emit()
        self.changed.emit()

    def _new_run(self) -> Path:
        words = "".join(c if c.isalnum() else "-" for c in self._document.model.name.lower()).strip("-")
        stem = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + "-" + (words or "model")
        folder = self.runs_folder()
        names = [stem, *(f"{stem}-{number}" for number in range(2, 1000))]
        return next(folder / name for name in names if not (folder / name).exists())

    def _frozen(self, run: Path) -> Path:
        """The schema file to train: the document's own when it holds what is drawn, else one written beside the run."""
        path = self._document.path
        if path is not None and self._document.is_saved:
            return path
        return frozen(self._document.model, self._document.base, run)

    def _why_not_resume(self) -> str:
        state = self.history.state
        if self.run is None:
            return "no run is shown"
        if self.is_active:
            return "" if state == "paused" else "the training is running"
        if state == "finished" and self.history.finished and self.history.finished.reason != "stopped":
            return "the training is finished"
        return "" if (self.run / "checkpoints" / "last").exists() else "the run has no checkpoint"

    def _hear(self, messages: list[Message]) -> None:
        self.history.add(messages)
        self.changed.emit()

    def _end(self, complaint: str) -> None:
        if self.history.state not in ("finished", "failed"):
            self.history.state = "interrupted"
            self.complaint = complaint
        self.changed.emit()


def frozen(model: Model, base: Path, run: Path) -> Path:
    """A file beside the folder `run` that holds `model` with absolute paths to its data. Raises NetwrightError."""
    run.parent.mkdir(parents=True, exist_ok=True)
    file = run.parent / f".{run.name}.txtpb"
    save(replace(model, data=located(model.data, base)), file)
    return file
