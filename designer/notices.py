"""What the program has to say: a card over the drawing, which moves nothing, and questions that must be answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMessageBox, QPushButton, QSizePolicy, QToolButton, QWidget

from designer.icons import icon, picture
from designer.theme import Theme
from engine.errors import NetwrightError

SECONDS = 8
"""After which good news goes by itself."""
WIDEST, INSET = 640, 12
"""Pixels: of the card at most, and between it and the edges of what it stands on."""
ICONS = {"good": "good", "suggestion": "accent", "warning": "warning", "error": "error"}
"""Severity, which is also the icon's name, and the token of its colour."""


@dataclass(frozen=True)
class Choice:
    """Something that can be done about a notice."""

    words: str
    act: Callable[[], object]


@dataclass(frozen=True)
class Notice:
    """One sentence, how bad it is, what can be done."""

    words: str
    severity: str = "suggestion"
    choices: tuple[Choice, ...] = ()


class Notices(QFrame):
    """Shows one notice and how many wait until it is closed; equal ones are shown once."""

    def __init__(self, chosen: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._theme = chosen
        self._waiting: list[Notice] = []
        self.shown: Notice | None = None
        self._sign = QLabel()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.more = QLabel()
        self.more.setProperty("role", "small")
        self._close = QToolButton()
        self._close.setProperty("role", "plain")
        self._close.setAccessibleName("Close the notice")
        self._close.setIconSize(QSize(14, 14))
        self._close.clicked.connect(self.dismiss)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 6, 8, 6)
        self._layout.addWidget(self._sign)
        self._layout.addWidget(self.words, 1)
        self._layout.addWidget(self.more)
        self._layout.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True, interval=SECONDS * 1000)
        self._timer.timeout.connect(self.dismiss)
        self._buttons: list[QPushButton] = []
        self.wear(chosen)
        self.hide()

    def stand_on(self, widget: QWidget) -> None:
        """Be seen at the upper edge of `widget`, over what it shows."""
        self.setParent(widget)
        widget.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps its place where what it stands on becomes larger or smaller."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def say(self, words: str, severity: str = "suggestion", *choices: Choice) -> None:
        """Show a sentence as soon as there is room for it."""
        notice = Notice(words, severity, choices)
        if any(known is not None and known.words == words for known in (self.shown, *self._waiting)):
            return
        self._waiting.append(notice)
        if self.shown is None or self._timer.isActive():
            self.dismiss()
        else:
            self._count()

    def warn(self, words: str) -> None:
        """Show why something was not done."""
        self.say(words, "warning")

    def complain(self, error: NetwrightError) -> None:
        """Show what went wrong, and what would mend it."""
        self.say(f"{error} – {error.hint}" if error.hint else str(error), "error")

    def dismiss(self) -> None:
        """Go on to the next notice."""
        self._timer.stop()
        self.shown = self._waiting.pop(0) if self._waiting else None
        self._fill()

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = chosen
        self._close.setIcon(icon("close", chosen, "secondary"))
        self._fill()

    def _fill(self) -> None:
        for button in self._buttons:
            button.setParent(None)
            button.deleteLater()
        self._buttons = []
        self.setVisible(self.shown is not None)
        if self.shown is None:
            return
        severity = self.shown.severity
        self._sign.setPixmap(picture(severity, self._theme.color(ICONS[severity]), 18))
        self.words.setText(self.shown.words)
        self._buttons = [self._button(choice) for choice in self.shown.choices]
        self._count()
        if severity == "good" and not self._buttons:
            self._timer.start()

    def _count(self) -> None:
        """Tell how many are still to come."""
        self.more.setText(f"{len(self._waiting)} more")
        self.more.setVisible(bool(self._waiting))
        self._place()

    def _place(self) -> None:
        ground = self.parentWidget()
        if ground is None or self.shown is None:
            return
        width = min(WIDEST, ground.width() - 2 * INSET)
        self.setGeometry((ground.width() - width) // 2, INSET, width, max(36, self._layout.totalHeightForWidth(width)))
        self.raise_()

    def _button(self, choice: Choice) -> QPushButton:
        button = QPushButton(choice.words)
        button.setProperty("role", "link")
        button.clicked.connect(lambda: self._act(choice))
        self._layout.insertWidget(self._layout.count() - 2, button)
        return button

    def _act(self, choice: Choice) -> None:
        self.dismiss()
        choice.act()


def ask(parent: QWidget, question: str, detail: str, answers: Sequence[str]) -> str:
    """A question that must be answered; the first answer is what Enter gives, the last what Escape gives."""
    box = QMessageBox(parent)
    box.setWindowTitle("Netwright")
    box.setText(f"<b>{question}</b>")
    box.setInformativeText(detail)
    roles = [QMessageBox.ButtonRole.AcceptRole, QMessageBox.ButtonRole.DestructiveRole]
    buttons = [
        box.addButton(answer, QMessageBox.ButtonRole.RejectRole if answer == answers[-1] else roles[min(place, 1)])
        for place, answer in enumerate(answers)
    ]
    box.setDefaultButton(buttons[0])
    box.setEscapeButton(buttons[-1])
    box.exec()
    return next((a for a, button in zip(answers, buttons, strict=True) if button is box.clickedButton()), answers[-1])
