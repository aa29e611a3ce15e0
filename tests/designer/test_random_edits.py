"""Whatever hands do on the canvas and in the text, both say the same, and undoing all of it gives the first value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication

from canvas import edits
from canvas.style import Style
from canvas.view import Canvas
from designer import theme
from designer.document import Document
from designer.panels.schema import Schema
from engine.declare import fields_of
from engine.errors import FieldError, NetwrightError
from engine.layers import CATALOGUE
from engine.naming import renamed
from engine.node import Link
from engine.schema.read import read
from engine.schema.write import write

LAYERS = sorted(name for name in CATALOGUE if name not in ("unknown", "use"))
TYPED = (
    "7", "0", " ", "\n", "x", '"', "{", "}", "#", "# said\n", "true", "1e-3", "[1, 2]", "muted",
    'node { name: "typed" input { shape: [4] } }\n', 'node { from: "typed" relu { } }\n', "recipe { epochs: 3 }\n",
)  # fmt: skip
STEPS = 50
NUMBER = st.integers(0, 10**6)


class Hands(RuleBasedStateMachine):
    """A document with its canvas and its text, and what can be done with them."""

    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self.canvas = Canvas(Style.dark(), write, lambda text: read(text).model)
        self.schema = Schema(theme.theme("dark"))
        for view in (self.canvas, self.schema):
            self.document.changed.connect(view.display)
        self.canvas.edited.connect(self.document.edit)
        self.schema.undo_wanted.connect(self.document.history.undo)
        self.schema.edited.connect(lambda step, model: self.document.edit(step, model, merges=True))

    @initialize(source=st.sampled_from(["lenet", "mlp_penguins", ""]))
    def begin(self, source: str) -> None:
        if source:
            try:
                self.document.open(f"gallery:{source}")
            except NetwrightError:
                self.document.open("gallery:lenet")
        else:
            self.document.start(self.document.model)
        self.first = self.document.model

    def pick(self, number: int) -> str:
        names = [node.name for node in self.document.model.network.nodes]
        return names[number % len(names)]

    @rule(layer=st.sampled_from(LAYERS), selects=NUMBER)
    def add_from_the_palette(self, layer: str, selects: int) -> None:
        if self.document.model.network.nodes:
            self.canvas.choose((self.pick(selects),))
        self.canvas.adding.below(layer)

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(a=NUMBER, b=NUMBER)
    def wire(self, a: int, b: int) -> None:
        source, target = self.pick(a), self.pick(b)
        slots = self.document.model.network[target].layer.SLOTS
        if source != target and slots:
            link = Link(source, 0, slots[a % len(slots)].name)
            self.canvas.offer("Wire", edits.connect(self.canvas.settled, link, target))

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(
        chosen=st.lists(NUMBER, min_size=1, max_size=3),
        what=st.sampled_from(["delete", "heal", "mute", "bypass", "collapse", "pin", "duplicate", "duplicate_wired"]),
    )
    def act_on_a_selection(self, chosen: list[int], what: str) -> None:
        self.canvas.choose(tuple(dict.fromkeys(self.pick(number) for number in chosen)))
        self.canvas.action(what).trigger()

    @rule(what=st.sampled_from(["arrange", "select_all", "straighten"]))
    def act_on_all(self, what: str) -> None:
        self.canvas.action(what).trigger()

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(number=NUMBER, x=st.integers(-400, 400), y=st.integers(-400, 400))
    def move(self, number: int, x: int, y: int) -> None:
        self.canvas.offer("Move", edits.move(self.canvas.settled, {self.pick(number): (float(x), float(y))}))

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(number=NUMBER, new=st.text(st.characters(codec="utf-8"), min_size=1, max_size=8))
    def rename(self, number: int, new: str) -> None:
        try:
            self.document.edit("Rename", renamed(self.document.model, self.pick(number), new))
        except NetwrightError:
            return

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(number=NUMBER, value=st.sampled_from([0, 1, 2, 3, 5, 0.5, True, False, "same"]))
    def set_a_field(self, number: int, value: Any) -> None:
        node = self.document.model.network[self.pick(number)]
        fields = fields_of(type(node.layer))
        if not fields:
            return
        try:
            layer = replace(node.layer, **{fields[number % len(fields)].name: value})
        except FieldError:
            return
        network = self.document.model.network.set_layer(node.name, layer)
        self.document.edit("Set", replace(self.document.model, network=network))

    @precondition(lambda self: self.document.model.network.nodes)
    @rule(number=NUMBER, note=st.text(st.sampled_from("ab #\n{}"), max_size=12))
    def write_a_note(self, number: int, note: str) -> None:
        network = self.document.model.network.change(self.pick(number), lambda node: replace(node, note=note.strip()))
        self.document.edit("Note", replace(self.document.model, network=network))

    @rule(place=NUMBER, length=st.integers(0, 30), text=st.sampled_from(TYPED))
    def type_anywhere(self, place: int, length: int, text: str) -> None:
        self.replace_text(place % (len(self.text) + 1), length if place % 3 == 0 else 0, text)

    @rule(place=NUMBER, layer=st.sampled_from(LAYERS))
    def type_a_node_between_lines(self, place: int, layer: str) -> None:
        lines = [0, *(at + 1 for at, sign in enumerate(self.text) if sign == "\n")]
        self.replace_text(lines[place % len(lines)], 0, f'node {{ name: "n{place}" {layer} {{ }} }}\n')

    @precondition(lambda self: any(sign.isdigit() for sign in self.text))
    @rule(place=NUMBER, digit=st.sampled_from("0123456789"))
    def type_another_digit(self, place: int, digit: str) -> None:
        digits = [at for at, sign in enumerate(self.text) if sign.isdigit()]
        self.replace_text(digits[place % len(digits)], 1, digit)

    @rule()
    def undo(self) -> None:
        self.schema.undo()

    @rule()
    def undo_on_the_canvas(self) -> None:
        self.document.history.undo()

    @rule()
    def redo(self) -> None:
        self.document.history.redo()

    @property
    def text(self) -> str:
        return self.schema.text.toPlainText()

    def replace_text(self, place: int, length: int, text: str) -> None:
        cursor = QTextCursor(self.schema.text.document())
        cursor.setPosition(place)
        cursor.setPosition(min(place + length, len(self.text)), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        self.schema.flush()

    @invariant()
    def both_say_the_same(self) -> None:
        assert self.canvas.model is self.document.model
        if not self.schema.is_refused:
            assert read(self.text).model == self.document.model

    @invariant()
    def what_is_drawn_can_be_written_and_read(self) -> None:
        assert read(write(self.document.model)).model == self.document.model

    def teardown(self) -> None:
        if not hasattr(self, "first"):
            return
        if self.schema.is_refused:
            self.schema.undo()
        while self.document.history.canUndo():
            self.document.history.undo()
        assert self.document.model == self.first
        assert read(self.text).model == self.first
        for view in (self.canvas, self.schema, self.document):
            view.deleteLater()


def run(examples: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Hands, settings=chosen)  # type: ignore[no-untyped-call]


def test_five_hundred_random_edits_keep_canvas_and_text_equal(qapp: QApplication) -> None:
    run(500 // STEPS)


@pytest.mark.soak
def test_ten_thousand_random_edits_keep_canvas_and_text_equal(qapp: QApplication) -> None:
    run(10_000 // STEPS)
