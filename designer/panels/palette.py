"""The palette: every layer of the catalogue by family, to be searched, dragged or added."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from designer import theme
from designer.theme import Theme
from designer.wording import label, summary
from engine.layers import CATALOGUE, Layer

MIME = "application/x-netwright-layer"
"""What a dragged layer is: its name in the schema, as UTF-8."""

HIDDEN = ("unknown", "block")
"""Families that one does not add by hand."""

ROW, HEADING = 24, 28
NAME = Qt.ItemDataRole.UserRole


class Palette(QWidget):
    """Search field and tree; double-click or Enter adds what is chosen."""

    wanted = Signal(str)
    """The user wants this layer: its name in the schema."""

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter…")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Filter layers")
        self.tree = LayerTree(chosen)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 0, 0)
        layout.setSpacing(8)
        self.search.setContentsMargins(0, 0, 12, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        self.search.textChanged.connect(self.tree.filter)
        self.search.returnPressed.connect(self.tree.add_current)
        self.tree.wanted.connect(self.wanted)
        self.setFocusProxy(self.search)
        self.wear(chosen)

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self.tree.color(chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.tree.setFocus()
        else:
            super().keyPressEvent(event)


class LayerTree(QTreeWidget):
    """The families and their layers."""

    wanted = Signal(str)

    def __init__(self, chosen: Theme) -> None:
        super().__init__()
        self.setHeaderHidden(True)
        self.setIndentation(12)
        self.setIconSize(QSize(4, 16))
        self.setExpandsOnDoubleClick(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Layers")
        found = families()
        for family in sorted(found, key=[*chosen.families, *found].index):
            self._add_family(family, found[family])
        self.expandAll()
        self.itemActivated.connect(self._add)

    def color(self, chosen: Theme) -> None:
        """The strip of its family before every layer."""
        for item in self._layers():
            item.setIcon(0, strip(chosen, str(item.parent().data(0, NAME))))

    def filter(self, text: str) -> None:
        """Show what has all words of `text` in its name, family or help; the first of it is chosen."""
        words = text.lower().split()
        first: QTreeWidgetItem | None = None
        for item in self._layers():
            fits = all(word in str(item.data(0, NAME + 1)) for word in words)
            item.setHidden(not fits)
            first = first or (item if fits else None)
        for row in range(self.topLevelItemCount()):
            family = self.topLevelItem(row)
            if family is not None:
                family.setHidden(all(family.child(child).isHidden() for child in range(family.childCount())))
        self.setCurrentItem(first if words and first is not None else None)  # type: ignore[arg-type]

    def add_current(self) -> None:
        """Ask for the chosen layer."""
        item = self.currentItem()
        if item is not None:
            self._add(item)

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, items: Sequence[QTreeWidgetItem]) -> QMimeData:
        data = QMimeData()
        name = str(items[0].data(0, NAME))
        data.setData(MIME, name.encode())
        data.setText(name)
        return data

    def _add_family(self, family: str, layers: Sequence[tuple[str, type[Layer]]]) -> None:
        head = QTreeWidgetItem(self, [label(family)])
        head.setFont(0, theme.font(theme.SECONDARY, bold=True))
        head.setData(0, NAME, family)
        head.setSizeHint(0, QSize(0, HEADING))
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for name, cls in layers:
            item = QTreeWidgetItem(head, [cls.__name__])
            item.setData(0, NAME, name)
            item.setData(0, NAME + 1, f"{cls.__name__} {name} {family} {summary(cls)}".lower())
            item.setToolTip(0, summary(cls))
            item.setSizeHint(0, QSize(0, ROW))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)

    def _layers(self) -> list[QTreeWidgetItem]:
        families = [self.topLevelItem(row) for row in range(self.topLevelItemCount())]
        return [family.child(row) for family in families if family is not None for row in range(family.childCount())]

    def _add(self, item: QTreeWidgetItem) -> None:
        if item.childCount():
            item.setExpanded(not item.isExpanded())
        else:
            self.wanted.emit(str(item.data(0, NAME)))


def families() -> dict[str, list[tuple[str, type[Layer]]]]:
    """Name in the schema and class of every layer that can be added, by family, in order of declaration."""
    found: dict[str, list[tuple[str, type[Layer]]]] = {}
    for name, cls in CATALOGUE.items():
        if issubclass(cls, Layer) and cls.FAMILY not in HIDDEN:
            found.setdefault(cls.FAMILY, []).append((name, cls))
    return found


def strip(chosen: Theme, family: str) -> QIcon:
    """A small upright bar in the colour of a family."""
    picture = QPixmap(12, 48)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(chosen.family(family))
    painter.drawRoundedRect(0, 1, 10, 46, 5, 5)
    painter.end()
    picture.setDevicePixelRatio(3)
    return QIcon(picture)
