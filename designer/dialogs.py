"""Two small dialogues: preferences, made from their declaration, and what this program consists of."""

from __future__ import annotations

import platform
from importlib import metadata

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from designer.form import Form
from designer.panels.facts import Facts, rule
from designer.preferences import Preferences, Settings
from engine.version import version

PACKAGES = (
    "PySide6-Essentials", "pyqtgraph", "numpy", "networkx", "mxnet", "torch", "onnx", "onnxruntime",
    "protobuf", "safetensors", "pillow",
)  # fmt: skip


class PreferencesDialog(QDialog):
    """What is changed holds at once."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(480)
        self.form = Form(Preferences)
        self.form.display(settings.preferences)
        self.form.edited.connect(lambda _, preferences: settings.prefer(preferences))
        settings.changed.connect(self.form.display)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addWidget(self.form)
        layout.addStretch(1)
        layout.addWidget(buttons)


class AboutDialog(QDialog):
    """Name, licence and versions; nothing is imported to find them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Netwright")
        self.setMinimumWidth(420)
        title = QLabel("Netwright")
        title.setProperty("role", "title")
        words = QLabel("Draw neural networks, train them, look inside them and take them elsewhere.")
        words.setWordWrap(True)
        licence = QLabel("BSD 2-Clause. Qt is used under the LGPL.")
        licence.setProperty("role", "secondary")
        facts = Facts()
        facts.display(versions())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(_text()))
        buttons.rejected.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        for widget in (title, words, rule(), facts, rule(), licence, buttons):
            layout.addWidget(widget)


def versions() -> list[tuple[str, str]]:
    """Every part and its version; what is not installed says so."""
    ours = [("Netwright", version()), ("Python", platform.python_version())]
    return [*ours, *((name, _version(name)) for name in PACKAGES)]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _text() -> str:
    return "\n".join([platform.platform(), *(f"{name} {version}" for name, version in versions())])
