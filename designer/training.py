"""Training from the window: what Train, Pause, Stop and Resume do, and when each of them can be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from designer.document import Document
from designer.history import History
from designer.preferences import Settings
from designer.runs_client import RunClient, complaints_of
from designer.verbs import complaint_in, last_words
from engine.active import active
from engine.data.places import located
from engine.errors import NetwrightError
from engine.layers.loss import Loss
from engine.model import Model
from engine.report import Report
from engine.schema.files import save
from engine.training.lock import is_held
from engine.training.messages import Failed, Finished, Message, Noticed, Paused, Resumed, Started
from engine.training.runs import paths_in, runs_in

PATIENCE = 0.5
"""Seconds between two displays while a long history is read."""

EFFECTS: Mapping[str, type[Message]] = {"pause": Paused, "resume": Resumed}
"""What tells that a command has been carried out; after `stop` it is the end."""


class Training(QObject):
    """The one training that the window shows; it goes on when the window is closed."""

    changed = Signal()
    """The state or the history is another: at most a few times a second."""
    began = Signal()
    """Another run is shown from now on."""
    refused = Signal(str)
    """Why nothing was done."""
    warned = Signal(str)
    """Something that whoever trains should know: samples that are in two parts, classes that nothing is learned of."""

    def __init__(
        self, document: Document, settings: Settings, client: RunClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._settings = settings
        self._client = client
        self.history = History()
        self.complaint = ""
        """What the process wrote where it ended without a word in the events."""
        self.asked = ""
        """The command that was sent last and has not had its effect yet."""
        self.is_choosing = False
        """Whether the process that was begun first finds out which engine is fastest."""
        self._shown = 0.0
        self._has_spoken = False
        client.told.connect(self._hear)
        client.ended.connect(self._end)

    @property
    def run(self) -> Path | None:
        """The folder of the run that is shown."""
        return self._client.run

    @property
    def reason(self) -> str:
        """The first error that the process wrote before it was gone."""
        return complaint_in(self.complaint)

    @property
    def is_active(self) -> bool:
        """Whether a process is training (or loading, or pausing)."""
        return self._client.is_following

    @property
    def is_loading(self) -> bool:
        """Whether the process has begun and has not said anything yet."""
        return self.is_active and self.history.state == "waiting"

    @property
    def is_ending(self) -> bool:
        """Whether the last step is done and the process still writes its plots and tables."""
        return self.is_active and self.history.state in ("finished", "failed")

    def obstacles(self) -> dict[str, str]:
        """Of each command that cannot be given now, the reason."""
        train = "a training is running" if self.is_active else obstacle(self._document.model, self._document.report)
        idle = "" if self.is_active else "nothing is training"
        stopping = "the training is about to stop" if self.asked == "stop" or self.is_ending else ""
        return {
            "train": train,
            "pause": idle or stopping or self._why_not_pause(),
            "stop": idle or stopping,
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
        self.is_choosing = preferences.engine == "auto"
        self.changed.emit()

    def pause(self) -> None:
        """Wait after the next step."""
        self._ask("pause")

    def resume(self) -> None:
        """Go on: at once after a pause, from the last checkpoint where the process is gone."""
        reason = self._why_not_resume()
        if reason:
            self.refused.emit(f"Cannot resume: {reason}")
        elif self.is_active:
            self._ask("resume")
        elif self.run is not None:
            self._go_on(self.run)

    def stop(self) -> None:
        """End after the next step, with a checkpoint."""
        self._ask("stop")

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
        """Show the run that had not ended when it was last seen, else one of the runs' folder that still goes on."""
        last = self._settings.last_run
        if last is not None and last.is_dir():
            self.show(last)
            return
        held = (run.path for run in runs_in(self.runs_folder()) if is_held(run.path / "lock"))
        run = next(held, None)
        if run is not None:
            self.show(run)

    def runs_folder(self) -> Path:
        """Where new runs go: as preferred, else `runs` beside the document, else in the home folder."""
        preferred = self._settings.preferences.runs
        if preferred:
            return Path(preferred)
        path = self._document.path
        return (path.parent if path else Path.home() / "netwright") / "runs"

    def _begin(self, begin: Callable[[], object]) -> None:
        self.history = History()
        self._expect()
        begin()
        if self.run is not None:
            self._settings.keep_last_run(self.run)
        self.began.emit()
        self.changed.emit()

    def _go_on(self, run: Path) -> None:
        self._expect()
        self.history.state = "waiting"
        self._client.start(run, ["--resume", str(run)])
        self._settings.keep_last_run(run)
        self.changed.emit()

    def _expect(self) -> None:
        """Another process is listened to from now on."""
        self.complaint, self.asked, self._has_spoken, self.is_choosing = "", "", False, False

    def _ask(self, command: str) -> None:
        self.asked = command
        self._client.send(command)
        self.changed.emit()

    def _new_run(self) -> Path:
        path = self._document.path
        name = self._document.model.name or (path.stem if path else "")
        return next(run for run in paths_in(self.runs_folder(), name) if not run.exists())

    def _frozen(self, run: Path) -> Path:
        """The schema file to train: the document's own when it holds what is drawn, else one written beside the run."""
        path = self._document.path
        if path is not None and self._document.is_saved:
            return path
        return frozen(self._document.model, self._document.base, run)

    def _why_not_pause(self) -> str:
        if self.asked == "pause":
            return "the training is about to wait"
        reasons = {"running": "", "waiting": "the engine is still being loaded", "paused": "the training waits already"}
        return reasons.get(self.history.state, "")

    def _why_not_resume(self) -> str:
        state = self.history.state
        if self.run is None:
            return "no run is shown"
        if self.asked == "stop":
            return "the training is about to stop"
        if self.is_active:
            return "" if state == "paused" else "the training is running"
        if state == "finished" and self.history.finished and self.history.finished.reason != "stopped":
            return "the training is finished"
        return "" if (self.run / "checkpoints" / "last").exists() else "the run has no checkpoint"

    def _hear(self, messages: list[Message]) -> None:
        self.history.add(messages)
        self._has_spoken = True
        for message in messages:
            if isinstance(message, Noticed) and message.severity == "warning" and self.is_active:
                self.warned.emit(f"{message.node}: {message.message}" if message.node else message.message)
        effect = EFFECTS.get(self.asked)
        if effect is not None and any(isinstance(message, effect) for message in messages):
            self.asked = ""
        if any(isinstance(message, Started) for message in messages) and self.run is not None:
            written_beside(self.run).unlink(missing_ok=True)  # the run's own copy is the one that counts
        if not self._client.is_behind or time.monotonic() - self._shown > PATIENCE:
            self._tell()

    def _end(self, told: str) -> None:
        if self.history.state not in ("finished", "failed"):
            self._end_abruptly(told)
        self.asked = ""
        self._settings.keep_last_run(None)
        if self.run is not None:
            written_beside(self.run).unlink(missing_ok=True)
        if self.run is not None and self.history.state == "finished":
            complaints_of(self.run).unlink(missing_ok=True)
        self._tell()

    def _end_abruptly(self, told: str) -> None:
        """The process is gone and has not said why."""
        self.history.state = "interrupted"
        self.complaint = told if complaint_in(told) or not self._has_spoken else ""
        if self._has_spoken:
            return
        if self.asked == "stop":
            self.history.add([Finished(time.time(), "stopped", self.history.step, {}, {}, {})])
        elif self.complaint:
            self.history.add([Failed(time.time(), last_words(self.complaint))])

    def _tell(self) -> None:
        self._shown = time.monotonic()
        self.changed.emit()


def obstacle(model: Model, report: Report) -> str:
    """What keeps `model` from being trained; empty where nothing does."""
    error = next((problem for problem in report.problems if problem.severity == "error"), None)
    if error is not None:
        return f"{error.node}: {error.message}" if error.node else error.message
    if not model.network.nodes:
        return "the network is empty"
    if not any(isinstance(node.layer, Loss) for node in active(model.network).nodes):
        return "the network has no loss"
    return "" if model.data.sources else "there are no data to train on yet"


def written_beside(run: Path) -> Path:
    """Where the model is written that the run in the folder `run` is begun with: the process makes the folder."""
    return run.parent / f".{run.name}.txtpb"


def frozen(model: Model, base: Path, run: Path) -> Path:
    """A file beside the folder `run` that holds `model` with absolute paths to its data. Raises NetwrightError."""
    run.parent.mkdir(parents=True, exist_ok=True)
    file = written_beside(run)
    save(replace(model, data=located(model.data, base)), file)
    return file
