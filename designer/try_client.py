"""Asks a trained model: a `netwright predict --follow` process that stays loaded and answers line by line."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

from designer.verbs import command_line, last_words


class TryClient(QObject):
    """One such process for one run's weights; it runs the exported model in onnxruntime."""

    answered = Signal(object)
    """The classes with their probabilities, and how long it took: what `predict` says of one input."""
    failed = Signal(str)
    """Why there is no answer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._weights: tuple[Path, float] | None = None
        self._process: QProcess | None = None
        self._waiting: str | None = None
        self._is_ready = True

    def ask(self, run: Path, question: str) -> None:
        """Send one input for the model of `run`; of questions that wait only the last one is kept."""
        if not self._serves(run):
            self._start(run)
        self._waiting = question
        self._send()

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(1000)
            process.deleteLater()

    def _serves(self, run: Path) -> bool:
        return self._process is not None and self._weights == _newest(run)

    def _start(self, run: Path) -> None:
        self.stop()
        self._weights = _newest(run)
        self._is_ready = True
        program, *arguments = command_line(
            "predict", str(run), "--engine", "onnxruntime", "--follow", "--json", "--top", "10"
        )
        process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._end)
        process.start(program, arguments)
        self._process = process

    def _send(self) -> None:
        if self._process is not None and self._is_ready and self._waiting is not None:
            self._process.write((self._waiting + "\n").encode())
            self._waiting = None
            self._is_ready = False

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            self._is_ready = True
            self._tell(bytes(self._process.readLine().data()))
        self._send()

    def _tell(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
        except ValueError:
            self.failed.emit(line.decode(errors="replace").strip())
            return
        if "error" in answer:
            self.failed.emit(str(answer["error"]))
        else:
            self.answered.emit(answer)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            told = bytes(process.readAllStandardError().data()).decode(errors="replace")
            process.deleteLater()
            self.failed.emit(last_words(told) or "The process that answers has ended.")


def _newest(run: Path) -> tuple[Path, float] | None:
    """The weights that would answer, and when they were written."""
    for name in ("best", "last"):
        file = run / "checkpoints" / name / "weights.safetensors"
        if file.exists():
            return file, file.stat().st_mtime
    return None
