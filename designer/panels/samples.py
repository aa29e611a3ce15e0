"""A strip of samples: pictures or values, each with what is expected of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem

from designer.samples import Preview, Shown
from designer.theme import SMALL, mono

SIDE = 56


class SampleStrip(QListWidget):
    """Samples side by side; the tooltip tells where each comes from."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Samples of the data")
        self.setIconSize(QSize(SIDE, SIDE))
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def display(self, preview: Preview) -> None:
        """Show the samples of `preview`."""
        self.clear()
        pictures = any(sample.picture for sample in preview.samples)
        self.setViewMode(QListWidget.ViewMode.IconMode if pictures else QListWidget.ViewMode.ListMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setSpacing(4 if pictures else 0)
        for sample in preview.samples:
            self.addItem(_picture(sample) if pictures else _line(sample))


def _picture(sample: Shown) -> QListWidgetItem:
    assert sample.picture is not None
    scaled = QPixmap.fromImage(sample.picture).scaled(
        2 * SIDE, 2 * SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
    )
    item = QListWidgetItem(QIcon(scaled), sample.label)
    item.setToolTip(f"{sample.label}\n{sample.place}")
    item.setSizeHint(QSize(SIDE + 16, SIDE + 26))
    return item


def _line(sample: Shown) -> QListWidgetItem:
    item = QListWidgetItem(f"{sample.text}   →   {sample.label}" if sample.label else sample.text)
    item.setFont(mono(SMALL))
    item.setToolTip(sample.place)
    return item
