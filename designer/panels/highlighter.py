"""Colours for schema text: fields, layers in the colour of their family, texts, numbers, comments."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from designer.theme import Theme
from engine.layers import CATALOGUE, Layer

_TOKEN = re.compile(
    r"""(?P<comment>\#.*)
      | (?P<text>"(?:[^"\\]|\\.)*"?)
      | (?P<field>[A-Za-z_]\w*(?=\s*[:{<\[]))
      | (?P<number>-?\b\d[\w.+-]*)
      | (?P<word>[A-Za-z_]\w*)""",
    re.VERBOSE,
)
TOKENS = {"comment": "secondary", "text": "good", "field": "text", "number": "second", "word": "second"}


class Highlighter(QSyntaxHighlighter):
    """Colours one line after the other: nothing in the grammar goes over the end of a line."""

    def __init__(self, document: QTextDocument, chosen: Theme) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._layers: dict[str, QTextCharFormat] = {}
        self.wear(chosen)

    def wear(self, chosen: Theme) -> None:
        """Take the colours of a theme."""
        self._formats = {kind: _format(chosen.tokens[token]) for kind, token in TOKENS.items()}
        self._formats["comment"].setFontItalic(True)
        self._layers = {
            name: _format(chosen.family(cls.FAMILY).name()) for name, cls in CATALOGUE.items() if issubclass(cls, Layer)
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            kind = str(token.lastgroup)
            form = self._layers.get(token[0]) if kind == "field" else None
            self.setFormat(token.start(), len(token[0]), form or self._formats[kind])


def _format(color: str) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(color))
    return made
