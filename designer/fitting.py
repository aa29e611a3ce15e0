"""How large a batch may be: `netwright summary` takes trial steps in another process."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from designer.verbs import command_line, last_words
from engine.data.places import located
from engine.errors import NetwrightError
from engine.model import Model
from engine.schema.files import SUFFIX, save


@dataclass(frozen=True)
class Fit:
    """What trial steps found: bytes at the peak of the recipe's batches, and the largest batch; 0 where none fits."""

    where: str
    peak: int
    largest: int


class Fitting(QObject):
    """Asks for one model at a time; what is asked later takes the place of what was asked before."""

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = tempfile.TemporaryDirectory(prefix="netwright-")
        self._process: QProcess | None = None

    @property
    def is_busy(self) -> bool:
        """Whether trial steps are being taken."""
        return self._process is not None

    def ask(self, model: Model, base: Path, gigabytes: float, engine: str, device: str) -> None:
        """Find what fits into so many gigabytes on the device that is preferred."""
        self.stop()
        path = Path(self._folder.name) / f"model{SUFFIX}"
        try:
            save(replace(model, data=located(model.data, base)), path)
        except NetwrightError as error:
            self.failed.emit(str(error))
            return
        chosen = ["--engine", engine, *(["--device", device] if device != "auto" else [])]
        program, *rest = command_line("summary", str(path), "--fit", f"{gigabytes:g}", "--json", *chosen)
        process = QProcess(self)
        process.finished.connect(lambda code: self._tell(process, code))
        self._process = process
        process.start(program, rest)

    def stop(self) -> None:
        """End what was asked."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _tell(self, process: QProcess, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        told = bytes(process.readAllStandardOutput().data()).decode(errors="replace")
        complaints = bytes(process.readAllStandardError().data()).decode(errors="replace")
        process.deleteLater()
        found = fit_in(told) if not code else None
        if found is not None:
            self.done.emit(found)
        else:
            self.failed.emit(last_words(complaints) or error_in(told) or "the trial steps ended without a word")


def fit_in(told: str) -> Fit | None:
    """What the verb answered; None where it took no trial steps."""
    trial = _answer(told).get("training", {}).get("trial")
    if not trial:
        return None
    return Fit(f"{trial['engine']} on {trial['device']}, {trial['precision']}", trial["peak"], trial["largest_batch"])


def error_in(told: str) -> str:
    """Why it took none."""
    return str(_answer(told).get("error", ""))


def _answer(told: str) -> dict[str, Any]:
    try:
        found = json.loads(told)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
