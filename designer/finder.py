"""The search field on top: commands, layers and nodes by a few letters of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

Index = QModelIndex | QPersistentModelIndex

HITS = 12
WIDTH, ROW, MARGIN = 440, 26, 6
KIND = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Found:
    """Something that can be chosen: its words, what kind of thing it is, what choosing it does."""

    words: str
    kind: str
    act: Callable[[], object]
    obstacle: str = ""


class Finder(QLineEdit):
    """Asks for everything there is when it gets the focus; Up, Down and Enter choose."""

    def __init__(self, everything: Callable[[], Iterable[Found]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._everything = everything
        self._all: list[Found] = []
        self._hits: list[Found] = []
        self.setProperty("role", "search")
        self.setPlaceholderText("Search layers, commands, nodes…   Ctrl Shift P")
        self.setAccessibleName("Search layers, commands and nodes")
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(Rows(self.list))
        self._frame: QFrame | None = None
        self.textChanged.connect(self._search)
        self.list.itemClicked.connect(lambda _: self._choose())

    def begin(self, text: str = "") -> None:
        """Wait for what the user types."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.setText(text)
        self.selectAll()
        self._refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._refresh()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.clear()
        self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event.key() in steps and self._hits:
            self.list.setCurrentRow((self.list.currentRow() + steps[Qt.Key(event.key())]) % len(self._hits))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The list stays under the field when the window changes its size."""
        if event.type() == QEvent.Type.Resize and self._frame is not None:
            self._close()
        return super().eventFilter(watched, event)

    def _refresh(self) -> None:
        self._all = list(self._everything())
        self._search(self.text())

    def _search(self, text: str) -> None:
        if not self.hasFocus():
            return
        self._hits = best(self._all, text)
        self.list.clear()
        for hit in self._hits:
            item = QListWidgetItem(hit.words)
            item.setData(KIND, hit.kind)
            item.setToolTip(hit.obstacle)
            if hit.obstacle:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._open()

    def _open(self) -> None:
        if self._frame is None:
            self._frame = QFrame(self.window())
            self._frame.setObjectName("finder")
            layout = QVBoxLayout(self._frame)
            layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
            layout.addWidget(self.list)
            self.window().installEventFilter(self)
        rows = self.list.sizeHintForRow(0) if self._hits else 0
        self._frame.setFixedSize(max(WIDTH, self.width()), 2 * MARGIN + 2 + len(self._hits) * rows)
        self._frame.move(self.mapTo(self.window(), QPoint(0, self.height() + 4)))
        self._frame.raise_()
        self._frame.setVisible(bool(self._hits))

    def _close(self) -> None:
        if self._frame is not None:
            self._frame.hide()

    def _leave(self) -> None:
        self.clear()
        self._close()
        self.clearFocus()

    def _choose(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._hits) and not self._hits[row].obstacle:
            hit = self._hits[row]
            self._leave()
            hit.act()


class Rows(QStyledItemDelegate):
    """The words left, what kind of thing it is right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        right = option.rect.adjusted(0, 0, -10, 0)
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(index.data(KIND)))


def best(everything: Iterable[Found], text: str) -> list[Found]:
    """What fits best, best first: beginnings before words' beginnings before parts before first letters."""
    ranked = [(rank(found.words.lower(), text.lower().strip()), len(found.words), found) for found in everything]
    fitting = [entry for entry in ranked if entry[0] is not None]
    return [found for _, _, found in sorted(fitting, key=lambda entry: entry[:2])[:HITS]]


def rank(words: str, text: str) -> int | None:
    """0 fits best; None where `text` is neither in `words` nor their first letters (`gts`: Go to the Schema)."""
    if words.startswith(text):
        return 0
    if f" {text}" in f" {words}".replace("_", " "):
        return 1
    if text in words:
        return 2
    initials = iter(word[0] for word in words.split())
    return 3 if all(letter in initials for letter in text) else None
