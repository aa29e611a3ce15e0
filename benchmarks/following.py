"""What following a run costs the window: the longest time in which it does nothing else, and the processor's share.

Run by hand: `python benchmarks/following.py`. The run is made up, 100,000 steps long; the times are those that the
window's thread was really at work, so that other programs do not count.
"""

from __future__ import annotations

import gc
import json
import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtTest import QTest

from designer import application
from designer.window import Window
from engine.training.lock import held
from engine.training.messages import Epoch, Message, Progress, Started, to_json

STEPS, EVERY, RUNS, SECONDS = 100_000, 100, 200, 10
PLAN = {"backend": "torch", "device": "cpu"}


class Watch:
    """Measures how long the window's thread works without looking up."""

    def __init__(self) -> None:
        self._last = 0.0
        self._longest = 0.0
        self._timer = QTimer(interval=2)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def measure(self, name: str, act: Callable[[], object], wait: Callable[[], object]) -> None:
        """Print what `act` and all that comes of it takes, until `wait` is over."""
        self._longest, self._last = 0.0, time.thread_time()
        begin, clock = time.thread_time(), time.perf_counter()
        act()
        wait()
        self._beat()
        share = (time.thread_time() - begin) / (time.perf_counter() - clock)
        print(f"{name:<42} longest {1000 * self._longest:5.1f} ms   {100 * share:5.1f} % of a core")

    def _beat(self) -> None:
        now = time.thread_time()
        self._longest, self._last = max(self._longest, now - self._last), now


def main() -> None:
    qt = application.set_up()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        long = made(runs / "20260101T000000Z-long", told(STEPS))
        for number in range(RUNS):
            made(runs / f"20250101T{number:06d}Z-short", told(500))
        window = opened(qt, Path(folder))
        training, watch = window.desk.training, Watch()
        gc.freeze()  # as the program does when its window has settled
        watch.measure(f"a run of {STEPS:,} steps is opened", lambda: training.show(long), lambda: read(window))
        with held(long / "lock"):
            watch.measure(f"it is followed for {SECONDS} s", lambda: training.show(long), lambda: read(window, 5.0))
            watch.measure("the same, all of it read", lambda: None, lambda: grow(long, SECONDS))
        watch.measure("nothing happens but this measuring", lambda: None, lambda: QTest.qWait(1000 * SECONDS))
        watch.measure(f"{RUNS} runs are listed", lambda: window.sides.show("runs"), lambda: QTest.qWait(3000))
        assert window.sides.docks["runs"].view.table.rowCount() == RUNS + 1
        window.close()


def opened(qt: object, folder: Path) -> Window:
    """The window with its training panel in front."""
    store = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("preferences/runs", str(folder / "runs"))
    window = application.build(qt, store, folder / "unsaved")
    window.resize(1440, 900)
    window.files.open_source("gallery:lenet")
    window.show()
    window.sides.show("training")
    QTest.qWait(2000)
    return window


def read(window: Window, seconds: float = 0.0) -> None:
    """Wait until all that the run has told is shown."""
    training = window.desk.training
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or training._client.is_behind or (not seconds and training.is_active):
        QTest.qWait(20)


def grow(run: Path, seconds: int) -> None:
    """Twenty messages a second, as many as a training writes."""
    for second in range(4 * seconds):
        append(run, (progress(STEPS + 5 * second + place) for place in range(5)))
        QTest.qWait(250)


def told(steps: int) -> Iterator[Message]:
    yield Started(1.0, "made up", PLAN, epochs=steps // EVERY, steps_per_epoch=10 * EVERY)
    for place in range(steps):
        yield progress(place)
        if place % EVERY == EVERY - 1:
            yield Epoch(place / 20, 10 * place, place // EVERY, {"loss": 0.1}, {"loss": 0.2, "accuracy": 0.9})


def progress(place: int) -> Progress:
    loss = math.exp(-3 * place / STEPS) + random.Random(place).random() / 10
    return Progress(place / 20, 10 * place + 1, 1 + place // EVERY, loss, {"accuracy": 1 - loss / 2}, 0.01, 4000.0)


def made(run: Path, messages: Iterator[Message]) -> Path:
    """A run's folder in which `messages` were told."""
    run.mkdir(parents=True)
    (run / "environment.json").write_text(json.dumps({"plan": PLAN}))
    (run / "model.txtpb").write_text("netwright: 1\n")
    append(run, messages)
    return run


def append(run: Path, messages: Iterator[Message]) -> None:
    with (run / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(to_json(message)) + "\n" for message in messages)


if __name__ == "__main__":
    main()
