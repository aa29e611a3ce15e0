"""The summary tells what a training holds, and asks trial steps in another process what fits."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from designer import figures
from designer.fitting import Fit, Fitting, fit_in
from designer.panels.memory import TRYING, Memory
from designer.window import Window
from engine.memory import account_of


@pytest.fixture
def page(window: Window, qtbot: QtBot) -> Memory:
    window.sides.show("summary")
    made: Memory = window.sides.docks["summary"].view.memory
    qtbot.waitUntil(lambda: bool(made.heading.text()))
    return made


def shown(page: Memory) -> dict[str, str]:
    return {name.text(): value.text() for name, value in page.facts._rows if not name.isHidden()}


def test_what_a_training_holds_stands_there_by_kind_and_follows_the_recipe(
    page: Memory, window: Window, qtbot: QtBot
) -> None:
    model = window.desk.document.model
    held = account_of(model)
    assert page.heading.text() == "Training with batches of 64"
    assert shown(page)["Weights"] == figures.size(4 * 431_080)
    assert shown(page)["Held together"] == figures.size(held.total)
    assert "Averages" not in shown(page)
    larger = replace(model, recipe=replace(model.recipe, batch_size=128))
    window.desk.document.edit("Larger batches", larger)
    qtbot.waitUntil(lambda: page.heading.text() == "Training with batches of 128")
    assert shown(page)["Activations"] == figures.size(account_of(larger).activations)


def test_the_largest_batch_is_asked_for_with_what_is_preferred_and_told_in_a_sentence(
    page: Memory, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, str, str]] = []
    monkeypatch.setattr(Fitting, "ask", lambda self, model, base, limit, *where: asked.append((limit, *where)))
    page.limit.setText("2,5")
    qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    assert asked == [(2.5, "auto", "auto")]
    assert page.words.text() == TRYING
    page._fitting.done.emit(Fit("torch on cpu, float32", 12_000_000, 4096))
    assert page.words.text() == "4,096 samples fit; batches of 64 take 12.0 MB at the peak (torch on cpu, float32)."


@pytest.mark.parametrize("words", ["much", "", "0", "-1", "inf", "nan"])
def test_what_is_no_amount_of_memory_is_refused(page: Memory, words: str) -> None:
    page.limit.setText(words)
    page.ask()
    assert page.words.text() == f"{words!r} is no number of gigabytes"


def test_a_question_that_cannot_be_answered_says_why(make_window: Callable[[str], Window], qtbot: QtBot) -> None:
    document = make_window("").desk.document
    fitting = Fitting(document)
    with qtbot.waitSignal(fitting.failed, timeout=60_000) as told:
        fitting.ask(document.model, document.base, 1.0, "auto", "cuda:99")
    assert told.args
    assert "ended without a word" not in told.args[0]
    assert not fitting.is_busy


def test_an_answer_without_trial_steps_is_none() -> None:
    assert fit_in("") is None
    assert fit_in('{"training": {"total": 4}}') is None
    trial = '{"engine": "torch", "device": "cpu", "precision": "float32", "peak": 7, "largest_batch": 3}'
    assert fit_in(f'{{"training": {{"trial": {trial}}}}}') == Fit("torch on cpu, float32", 7, 3)
