"""Draws the window in both themes, off screen: empty, opened, in training. `make screenshots` runs it; look at them."""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from PySide6.QtCore import QSettings  # noqa: E402 - the platform is chosen first
from PySide6.QtTest import QTest  # noqa: E402

from designer import application  # noqa: E402
from designer.window import Window  # noqa: E402

SIZE = (1440, 900)
TRAINED_EPOCHS = 6
PATIENCE = 120.0


def main() -> None:
    qt = application.set_up()
    with tempfile.TemporaryDirectory() as folder:
        for theme in ("dark", "light"):
            window = application.build(qt, preferred(Path(folder), theme), Path(folder) / "unsaved")
            window.resize(*SIZE)
            window.show()
            for name, scene in SCENES.items():
                scene(window)
                QTest.qWait(500)
                window.grab().save(str(HERE / f"{name}-{theme}.png"))
            window.desk.training.stop()
            until(lambda shown=window: not shown.desk.training.is_active)
            window.close()


def preferred(folder: Path, theme: str) -> QSettings:
    """Preferences of their own, so that the pictures do not depend on who takes them."""
    store = QSettings(str(folder / f"{theme}.ini"), QSettings.Format.IniFormat)
    store.setValue("preferences/theme", theme)
    store.setValue("preferences/runs", str(folder / theme))
    return store


def empty(window: Window) -> None:
    window.files.new()


def opened(window: Window) -> None:
    window.files.open_source("gallery:lenet")
    window.reveal(("conv2",))


def training(window: Window) -> None:
    window.steering.load()
    window.sides.show("training")
    shown = window.desk.training
    shown.train()
    until(lambda: shown.history.epoch is not None and shown.history.epoch.epoch >= TRAINED_EPOCHS)
    shown.pause()
    until(lambda: shown.history.state != "running")


SCENES: dict[str, Callable[[Window], None]] = {"empty": empty, "lenet": opened, "training": training}


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            sys.exit(f"The window did not get there within {PATIENCE:.0f} seconds.")
        QTest.qWait(50)


if __name__ == "__main__":
    main()
