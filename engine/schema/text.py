"""Protobuf text format as a tree of entries that know their place, and the comments between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from engine.errors import Problem

DEPTH = 100
"""How deep messages may stand in messages, as in google.protobuf."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<name>   [A-Za-z_][\w.]* ) (?P<opening> \s*:\s*[{<\[]? | \s*[{<] )?
    | (?P<text>   "[^"\\\n]*(?:\\.[^"\\\n]*)*" | '[^'\\\n]*(?:\\.[^'\\\n]*)*' )
    | (?P<number> -?\s*(?: 0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]? | [A-Za-z]+ )(?![\w.]) )
    | (?P<comment> \#[^\n]* )
    | (?P<mark>   [{}<>\[\]:;,] )
    | (?P<wrong>  \S )
    | (?P<end>    \Z )
    )""",
    re.VERBOSE | re.ASCII,
)
_CLOSING = {"{": "}", "<": ">"}


class Entry:
    """A field as it stands in the text: its name, its value and where it begins.

    A value is a scalar's token, a message's entries, or a list of these in square brackets.
    """

    __slots__ = ("name", "offset", "parent", "value")

    def __init__(self, name: str, offset: int, parent: Entry | None) -> None:
        self.name = name
        self.offset = offset
        self.parent = parent
        self.value: Value = ""


class Message(list[Entry]):
    """The entries between two braces."""


class Items(list["str | Message"]):
    """The values between two square brackets."""


Value = str | Message | Items


@dataclass
class Remark:
    """A comment without its `#`, and the entry that it belongs to (None: the file's end)."""

    text: str
    offset: int
    owner: Entry | None = None


@dataclass(frozen=True)
class Tree:
    """What a text holds. Where it is not well-formed, `problems` says so and `entries` are those before that place."""

    text: str
    entries: Message
    remarks: tuple[Remark, ...] = ()
    problems: tuple[Problem, ...] = ()

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def parse(text: str) -> Tree:
    """The tree of a text, as far as it is well-formed."""
    return _Parser(text).tree()


class _Stopped(Exception):
    """The text goes on in a way that the grammar does not know."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class _Parser:
    """Descends through the text one token ahead; comments are put aside on the way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: Iterator[re.Match[str]] = _TOKEN.finditer(text)
        self._remarks: list[Remark] = []
        self._waiting: list[Remark] = []
        self._latest: Entry | None = None
        self._end = 0

    def tree(self) -> Tree:
        entries = Message()
        problems: tuple[Problem, ...] = ()
        try:
            self._advance()
            self._entries(entries, None, "")
        except _Stopped as stopped:
            place = Tree(self._text, entries).place(stopped.offset)
            problems = (Problem(stopped.message, line=place[0], column=place[1]),)
        return Tree(self._text, entries, tuple(self._remarks), problems)

    def _advance(self) -> None:
        for token in self._tokens:
            kind = token.lastgroup
            if kind != "comment":
                self._kind = "name" if kind == "opening" else kind
                self._token = token
                self._end = token.end()
                return
            self._remark(token)

    def _remark(self, token: re.Match[str]) -> None:
        """Behind something on its line a comment belongs to that, else to the entry that follows."""
        start = token.start("comment")
        remark = Remark(token["comment"][1:], start)
        self._remarks.append(remark)
        if self._latest is not None and "\n" not in self._text[self._end : start]:
            remark.owner = self._latest
        else:
            self._waiting.append(remark)

    def _give_remarks(self, owner: Entry | None) -> None:
        for remark in self._waiting:
            remark.owner = owner
        self._waiting.clear()

    def _entries(self, entries: Message, parent: Entry | None, closing: str, depth: int = 0) -> None:
        """All entries up to the closing brace, which is left to the caller."""
        while self._kind == "name":
            entries.append(self._entry(parent, depth))
            if self._kind == "mark" and self._token["mark"] in ";,":
                self._advance()
        self._give_remarks(parent)
        if self._kind == "end" and closing and parent is not None:
            raise _Stopped(f"{parent.name} {{ is not closed", parent.offset)
        if self._found() != closing or not (closing or self._kind == "end"):
            self._stop(f"a field's name or {closing}" if closing else "a field's name")

    def _entry(self, parent: Entry | None, depth: int) -> Entry:
        token = self._token
        entry = Entry(token["name"], token.start("name"), parent)
        if self._waiting:
            self._give_remarks(entry)
        self._latest = entry
        opening = token["opening"]
        if opening is None:
            opening = self._late_opening()
        else:
            self._advance()
        mark = opening[-1]
        if mark in "{<":
            entry.value = self._message(entry, mark, depth)
        elif mark == "[":
            entry.value = self._items(entry, depth)
        else:
            entry.value = self._scalar(entry, depth)
        return entry

    def _late_opening(self) -> str:
        """A colon or brace that a comment stands in front of."""
        self._advance()
        mark = self._found()
        if mark not in (":", "{", "<"):
            self._stop("a colon or a brace")
        self._advance()
        return mark

    def _message(self, entry: Entry, opening: str, depth: int) -> Message:
        if depth >= DEPTH:
            raise _Stopped(f"messages stand more than {DEPTH} deep in each other", entry.offset)
        entries = Message()
        self._entries(entries, entry, _CLOSING[opening], depth + 1)
        self._latest = entry
        self._advance()
        return entries

    def _scalar(self, entry: Entry, depth: int) -> Value:
        """The value behind a colon; a brace or bracket may have been parted from it by a comment."""
        mark = self._found()
        if mark in ("{", "<"):
            self._advance()
            return self._message(entry, mark, depth)
        if mark == "[":
            self._advance()
            return self._items(entry, depth)
        return self._word("a value")

    def _word(self, expected: str) -> str:
        if self._kind == "text":
            return self._texts()
        if self._kind not in ("number", "name"):
            self._stop(expected)
        token = self._token
        word = token[self._kind]
        if token["opening"]:  # `a: b: c`: the word is the next field's name, and the value is missing
            raise _Stopped(f"expected a value, found {word}{token['opening'].rstrip()}", token.start("name"))
        self._advance()
        return word

    def _texts(self) -> str:
        text = self._token["text"]
        self._advance()
        while self._kind == "text":
            text += self._token["text"]
            self._advance()
        return text

    def _items(self, entry: Entry, depth: int) -> Items:
        items = Items()
        if self._found() == "]":
            self._advance()
            return items
        while True:
            mark = self._found()
            if mark in ("{", "<"):
                self._advance()
                items.append(self._message(entry, mark, depth))
            else:
                items.append(self._word("a value"))
            if self._found() not in (",", "]"):
                self._stop(", or ]")
            done = self._found() == "]"
            self._advance()
            if done:
                return items

    def _found(self) -> str:
        return self._token["mark"] if self._kind == "mark" else ""

    def _stop(self, expected: str) -> NoReturn:
        kind = self._kind or "end"
        found = "the end of the text" if kind == "end" else self._token[kind]
        if kind == "wrong" and found in "\"'":
            raise _Stopped("a text is not closed before the end of its line", self._token.start(kind))
        raise _Stopped(f"expected {expected}, found {found}", self._token.start(kind))
