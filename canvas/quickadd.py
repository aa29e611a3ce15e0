"""The quick-add: type a few letters of a layer's name, Enter puts it where the cursor is."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from canvas.icons import SIZE, icon
from canvas.search import Choice, choices, matching
from canvas.style import Style, faded

WIDTH, HEIGHT = 320, 380
CHOICE = Qt.ItemDataRole.UserRole
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class QuickAdd(QFrame):
    """A search field above the layers by family. Says which layer was chosen; Esc or a click elsewhere closes it."""

    chosen = Signal(object)
    """The class of the layer that shall be added."""

    def __init__(self, parent: QWidget, look: Style) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._owner, self._look = parent, look
        self._offered: list[Choice] = []
        self._field = QLineEdit(placeholderText="Add a layer: type a few letters")
        self._field.setAccessibleName("Layer to add")
        self._list = QListWidget()
        self._list.setAccessibleName("Layers")
        self._list.setItemDelegate(_Rows(look, self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._help = QLabel(wordWrap=True)
        self._help.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        for widget in (self._field, self._list, self._help):
            layout.addWidget(widget)
        self._field.textChanged.connect(self._fill)
        self._field.returnPressed.connect(self._choose)
        self._field.installEventFilter(self)
        self._list.itemClicked.connect(self._choose)
        self._list.itemEntered.connect(self._list.setCurrentItem)
        self._list.currentItemChanged.connect(self._explain)
        self.resize(WIDTH, HEIGHT)
        self.set_look(look)

    def set_look(self, look: Style) -> None:
        """The colours of the theme."""
        self._look = look
        self._list.setItemDelegate(_Rows(look, self._list))
        self.setStyleSheet(
            f"QuickAdd {{ background: {look.panel.name()}; border: 1px solid {look.line.name()}; }}"
            f"QLineEdit {{ background: {look.canvas.name()}; color: {look.text.name()}; padding: 6px;"
            f" border: 1px solid {look.accent.name()}; border-radius: 6px; font-size: 13px; }}"
            f"QListWidget {{ background: transparent; border: none; outline: none; }}"
            "QScrollBar:vertical { background: transparent; border: none; width: 8px; }"
            f"QScrollBar::handle:vertical {{ background: {look.line.name()}; border-radius: 4px; min-height: 24px; }}"
            "QScrollBar::add-line, QScrollBar::sub-line { height: 0; } QScrollBar::add-page, QScrollBar::sub-page"
            " { background: transparent; }"
            f"QLabel {{ color: {look.secondary.name()}; font-size: 11px; }}"
        )

    def begin(self, at: QPoint, suits: Callable[[Choice], bool], hint: str = "") -> None:
        """Open at a point of the screen with the layers that suit."""
        self._offered = [choice for choice in choices(self._look.families) if suits(choice)]
        self._field.setPlaceholderText(hint or "Add a layer: type a few letters")
        self._field.clear()
        self._fill("")
        self.move(self._on_screen(at))
        self.show()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def _on_screen(self, at: QPoint) -> QPoint:
        screen = self._owner.screen().availableGeometry()
        x = min(at.x(), screen.right() - self.width())
        return QPoint(max(x, screen.left()), max(screen.top(), min(at.y(), screen.bottom() - self.height())))

    def _fill(self, typed: str) -> None:
        self._list.clear()
        found = matching(self._offered, typed)
        family = ""
        for choice in found:
            if not typed.strip() and choice.family != family:
                family = choice.family
                self._add_row(family.capitalize(), None)
            self._add_row(choice.name, choice)
        if not found:
            self._add_row("No layer of that name fits here", None)
        self._step(1)

    def _add_row(self, text: str, choice: Choice | None) -> None:
        item = QListWidgetItem(text)
        item.setSizeHint(QSize(0, 28))
        if choice is None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        else:
            item.setData(CHOICE, choice)
            item.setIcon(icon(choice.family, self._look.family(choice.family)))
            item.setToolTip(choice.help)
        self._list.addItem(item)

    def _step(self, by: int) -> None:
        """Go on to the next layer, over headings."""
        rows = range(self._list.currentRow() + by, self._list.count() if by > 0 else -1, 1 if by > 0 else -1)
        row = next((row for row in rows if self._choice_at(row) is not None), None)
        if row is not None:
            self._list.setCurrentRow(row)
        if by > 0 and row == next((r for r in range(self._list.count()) if self._choice_at(r)), None):
            self._list.scrollToTop()

    def _choice_at(self, row: int) -> Choice | None:
        item = self._list.item(row)
        choice = item.data(CHOICE) if item is not None else None
        return choice if isinstance(choice, Choice) else None

    def _explain(self) -> None:
        choice = self._choice_at(self._list.currentRow())
        self._help.setText(choice.help.split(". ")[0] if choice else "")

    def _choose(self) -> None:
        choice = self._choice_at(self._list.currentRow())
        if choice is not None:
            self.close()
            self.chosen.emit(choice.layer)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            self._step({Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8}.get(Qt.Key(event.key()), 8))
            return True
        return super().eventFilter(watched, event)


class _Rows(QStyledItemDelegate):
    """Paints a heading in small letters, a layer with the strip and icon of its family."""

    def __init__(self, look: Style, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        look = self._look
        rect: QRect = option.rect
        choice = index.data(CHOICE)
        text = str(index.data())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not isinstance(choice, Choice):
            painter.setPen(look.secondary)
            painter.drawText(rect.adjusted(8, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
            painter.restore()
            return
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(look.accent, 0.16))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.family(choice.family))
        painter.drawRoundedRect(QRect(rect.left() + 12, rect.top() + 6, 3, rect.height() - 12), 1.5, 1.5)
        drawn = icon(choice.family, look.family(choice.family))
        drawn.paint(painter, QRect(rect.left() + 24, rect.center().y() - SIZE // 2 + 1, SIZE, SIZE))
        painter.setPen(look.text)
        painter.drawText(rect.adjusted(50, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()
