"""The editor of schema text: line numbers, marks at lines and under words, what they mean as tooltips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from designer import theme
from designer.panels.highlighter import Highlighter
from designer.theme import Theme

SEVERITIES = {"error": "error", "warning": "warning", "suggestion": "accent"}


@dataclass(frozen=True)
class Mark:
    """A word (or, of no `length`, a line) of which there is something to say."""

    offset: int
    length: int
    severity: str
    words: str


class SchemaText(QPlainTextEdit):
    """Plain text with what an editor of code needs. Undo is the document's, not its own."""

    undo_wanted = Signal()
    redo_wanted = Signal()
    left = Signal()

    def __init__(self, chosen: Theme) -> None:
        super().__init__()
        self.setObjectName("schema")
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.setFont(theme.mono())
        self.setTabStopDistance(2 * self.fontMetrics().horizontalAdvance(" "))
        self.setAccessibleName("Schema")
        self._theme = chosen
        self._marks: tuple[Mark, ...] = ()
        self._chosen: tuple[tuple[int, int], ...] = ()
        self._highlighter = Highlighter(self.document(), chosen)
        self._margin = Margin(self)
        self.blockCountChanged.connect(self._fit_margin)
        self.updateRequest.connect(self._scroll_margin)
        self.cursorPositionChanged.connect(self._show_marks)
        self._fit_margin()

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = chosen
        self._highlighter.wear(chosen)
        self._show_marks()

    def mark(self, marks: Iterable[Mark]) -> None:
        """Underline these words, and none besides."""
        self._marks = tuple(marks)
        self._show_marks()
        self._margin.update()

    def choose(self, spans: Iterable[tuple[int, int]]) -> None:
        """Set off these spans: what is selected elsewhere."""
        self._chosen = tuple(spans)
        self._show_marks()

    def replace(self, start: int, end: int, text: str) -> None:
        """Replace a stretch; cursor and view stay where they were in the rest."""
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)

    def reveal(self, offset: int) -> None:
        """Scroll to an offset and put the cursor there."""
        cursor = self.textCursor()
        cursor.setPosition(offset)
        self.setTextCursor(cursor)
        self.centerCursor()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_wanted.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_wanted.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._break_line()
        elif event.key() == Qt.Key.Key_Tab:
            self.insertPlainText("  ")
        else:
            super().keyPressEvent(event)

    def _break_line(self) -> None:
        """The new line stands in as far as the last one, further behind an opening brace."""
        cursor = self.textCursor()
        line = cursor.block().text()[: cursor.positionInBlock()]
        indent = line[: len(line) - len(line.lstrip())] + ("  " if line.rstrip().endswith("{") else "")
        self.insertPlainText(f"\n{indent}")
        self.ensureCursorVisible()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            offset = self.cursorForPosition(self.viewport().mapFrom(self, event.pos())).position()
            QToolTip.showText(event.globalPos(), self.words_at(offset), self)
            return True
        return super().event(event)

    def words_at(self, offset: int) -> str:
        """What is said of the word at an offset."""
        said = [mark.words for mark in self._marks if mark.offset <= offset <= mark.offset + mark.length]
        return "\n".join(dict.fromkeys(said))

    def _show_marks(self) -> None:
        line = QTextEdit.ExtraSelection()
        line.cursor = self.textCursor()
        line.cursor.clearSelection()
        line.format.setBackground(self._theme.color("panel"))
        line.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        chosen = [self._extra(*span, _ground(self._tint())) for span in self._chosen]
        for extra in chosen:
            extra.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        marks = [self._extra(m.offset, m.offset + m.length, self._wave(m.severity)) for m in self._marks]
        self.setExtraSelections([line, *chosen, *marks])

    def _extra(self, start: int, end: int, form: QTextCharFormat) -> QTextEdit.ExtraSelection:
        extra = QTextEdit.ExtraSelection()
        last = self.document().characterCount() - 1
        extra.cursor = QTextCursor(self.document())
        extra.cursor.setPosition(min(start, last))
        extra.cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        extra.format = form
        return extra

    def _tint(self) -> QColor:
        tint = self._theme.color("accent")
        tint.setAlphaF(0.16)
        return tint

    def _wave(self, severity: str) -> QTextCharFormat:
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(self._theme.color(SEVERITIES[severity]))
        return form

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        area = self.contentsRect()
        self._margin.setGeometry(QRect(area.left(), area.top(), self._margin.sizeHint().width(), area.height()))

    def _fit_margin(self) -> None:
        self.setViewportMargins(self._margin.sizeHint().width(), 0, 0, 0)

    def _scroll_margin(self, area: QRect, by: int) -> None:
        if by:
            self._margin.scroll(0, by)
        else:
            self._margin.update(0, area.y(), self._margin.width(), area.height())

    def paint_margin(self, painter: QPainter, area: QRect) -> None:
        """The numbers of the lines in `area`, coloured where there is something to say of them."""
        painter.fillRect(area, self._theme.color("canvas"))
        said = {self.document().findBlock(mark.offset).blockNumber(): mark.severity for mark in self._marks}
        block = self.firstVisibleBlock()
        while block.isValid():
            top = round(self.blockBoundingGeometry(block).translated(self.contentOffset()).top())
            if top > area.bottom():
                break
            token = SEVERITIES.get(said.get(block.blockNumber(), ""), "faint")
            self._paint_number(painter, block, top, self._theme.color(token))
            block = block.next()

    def _paint_number(self, painter: QPainter, block: QTextBlock, top: int, color: QColor) -> None:
        painter.setPen(color)
        width, height = self._margin.width() - 8, self.fontMetrics().height()
        painter.drawText(0, top, width, height, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))


class Margin(QWidget):
    """The line numbers."""

    def __init__(self, text: SchemaText) -> None:
        super().__init__(text)
        self._text = text

    def sizeHint(self) -> QSize:
        digits = max(3, len(str(self._text.blockCount())))
        return QSize(16 + digits * self._text.fontMetrics().horizontalAdvance("9"), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._text.font())
        self._text.paint_margin(painter, event.rect())


def _ground(color: QColor) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setBackground(color)
    return form
