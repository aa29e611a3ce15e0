"""Who gets what is typed: the window, or a verb."""

import subprocess
import sys
from pathlib import Path

import pytest

import main

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "arguments", [[], ["lenet.txtpb"], ["gallery:lenet"], ["runs/20261123T101500Z-lenet"], ["./model"]]
)
def test_nothing_or_one_file_is_for_the_window(arguments: list[str]) -> None:
    assert main.is_for_window(arguments)


@pytest.mark.parametrize("arguments", [["--help"], ["layers"], ["summary", "lenet.txtpb"], ["--json=x.y"], ["trian"]])
def test_a_verb_an_option_and_a_misspelt_verb_are_for_the_command_line(arguments: list[str]) -> None:
    assert not main.is_for_window(arguments)


def test_without_a_display_the_window_is_refused_in_words_and_qt_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert main.main([]) == 2
    assert "no display" in capsys.readouterr().err


LOADED = """
import contextlib, io, sys
import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main.main(sys.argv[1:])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def packages_loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["train", "--help"],
        ["layers"],
        ["formats"],
        ["schema"],
        ["gallery"],
        ["devices"],
        ["summary", "gallery:lenet"],
        ["check", "gallery:lenet"],
    ],
    ids=" ".join,
)
def test_a_verb_loads_no_qt(arguments: list[str]) -> None:
    loaded = packages_loaded_by(*arguments)
    assert "engine" in loaded
    assert not loaded & {"PySide6", "shiboken6", "pyqtgraph", "canvas", "designer"}


def test_help_loads_no_framework_and_no_numpy() -> None:
    assert not packages_loaded_by("--help") & {
        "torch",
        "mxnet",
        "onnx",
        "onnxruntime",
        "networkx",
        "numpy",
        "matplotlib",
    }


WINDOW = """
import sys
from PySide6.QtCore import QTimer
from designer import application
qt = application.set_up()
shown = []
def look():
    shown.extend(type(widget).__name__ for widget in qt.topLevelWidgets() if widget.isVisible())
    qt.quit()
QTimer.singleShot(1000, look)
status = application.main(["gallery:lenet"])
print(*shown)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(status)
"""


def test_the_window_opens_alone_and_its_process_loads_neither_torch_nor_mxnet() -> None:
    done = subprocess.run([sys.executable, "-c", WINDOW], cwd=ROOT, capture_output=True, text=True, check=True)
    windows, modules = done.stdout.splitlines()
    assert windows == "Window"  # a widget that was shown before it had a parent would be another
    loaded = set(modules.split())
    assert {"PySide6", "canvas", "designer", "engine"} <= loaded
    assert not loaded & {"torch", "mxnet", "onnx"}
    complaints = [line for line in done.stderr.splitlines() if not line.startswith("This plugin does not support")]
    assert complaints == []  # Qt's off-screen plugin says what no screen can do; a slot's traceback would stand here
