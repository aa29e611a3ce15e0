"""Preferences, versions, keys, crashes, questions and notices."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from designer import notices, theme
from designer.crash import CrashHook
from designer.dialogs import PACKAGES, AboutDialog, PreferencesDialog, versions
from designer.keys import KeysDialog
from designer.notices import Choice, Notices
from designer.preferences import Preferences, Settings
from designer.window import Window
from engine.errors import NetwrightError


@pytest.fixture
def said(qtbot: QtBot) -> Notices:
    made = Notices(theme.theme("dark"))
    qtbot.addWidget(made)
    return made


def test_preferences_hold_at_once_and_are_kept(qtbot: QtBot, store: QSettings, tmp_path: Path) -> None:
    settings = Settings(store)
    dialog = PreferencesDialog(settings)
    qtbot.addWidget(dialog)
    combo = dialog.form.editor("engine").head
    assert isinstance(combo, QComboBox)
    combo.textActivated.emit("torch")
    assert settings.preferences == Preferences(engine="torch")
    store.sync()
    again = QSettings(store.fileName(), QSettings.Format.IniFormat)
    assert Settings(again).preferences == Preferences(engine="torch")


def test_a_kept_preference_that_no_longer_holds_is_left_out(store: QSettings) -> None:
    store.setValue("preferences/engine", "abacus")
    store.setValue("preferences/first_steps", "false")
    assert Settings(store).preferences == Preferences(first_steps=False)
    assert not store.contains("preferences/engine")


def test_recent_files_are_few_newest_first_and_each_once(store: QSettings) -> None:
    settings = Settings(store)
    for number in range(20):
        settings.remember(Path(f"/{number}"))
    settings.remember(Path("/15"))
    assert settings.recent[:3] == (Path("/15"), Path("/19"), Path("/18"))
    assert len(settings.recent) == 12


def test_about_names_every_part_with_its_version(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    found = dict(versions())
    assert set(PACKAGES) <= set(found)
    assert found["PySide6-Essentials"].startswith("6.")
    next(button for button in dialog.findChildren(QPushButton) if button.text() == "Copy").click()
    assert f"numpy {found['numpy']}" in QGuiApplication.clipboard().text()


def test_the_cheat_sheet_lists_all_keys_and_can_be_searched(window: Window, qtbot: QtBot) -> None:
    window.commands["keys"].trigger()
    sheet = window.findChild(KeysDialog)
    rows = [sheet.tree.topLevelItem(row) for row in range(sheet.tree.topLevelItemCount())]
    assert ("Save", "Ctrl+S") in [(row.text(0), row.text(1)) for row in rows]
    assert ("Mute", "M  or  Ctrl+M") in [(row.text(0), row.text(1)) for row in rows]
    qtbot.keyClicks(sheet.search, "ctrl+s")
    assert "Save" in [row.text(0) for row in rows if not row.isHidden()]
    assert "Mute" not in [row.text(0) for row in rows if not row.isHidden()]


def test_an_error_for_people_becomes_a_notice(said: Notices, qtbot: QtBot) -> None:
    hook = CrashHook(said, QWidget())
    error = NetwrightError("the file is gone", hint="look in the trash")
    hook._catch(NetwrightError, error, None)
    assert said.shown is not None
    assert said.shown.words == "the file is gone – look in the trash"
    assert hook.dialog is None


def test_any_other_error_is_shown_can_be_copied_and_the_window_lives_on(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    hook = CrashHook(window.notices, window)
    hook.install()
    try:
        raise ZeroDivisionError("nothing to divide by")
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert hook.dialog is not None
    assert hook.dialog.isVisible()
    hook.dialog.copy.click()
    assert "ZeroDivisionError: nothing to divide by" in QGuiApplication.clipboard().text()
    hook.dialog.close()
    window.canvas.adding.below("relu")
    assert "relu2" in window.desk.document.model.network


def test_an_error_after_the_window_is_gone_is_only_printed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], said: Notices
) -> None:
    window = QWidget()
    hook = CrashHook(said, window)
    delete(window)
    hook._catch(ZeroDivisionError, ZeroDivisionError("too late"), None)
    assert "ZeroDivisionError: too late" in capsys.readouterr().err
    assert hook.dialog is None


def test_notices_wait_for_each_other_and_equal_ones_are_shown_once(said: Notices) -> None:
    said.say("first", "error")
    said.say("first", "error")
    said.say("second", "error")
    assert said.words.text() == "first"
    said.dismiss()
    assert said.words.text() == "second"
    said.dismiss()
    assert said.shown is None
    assert said.isHidden()


def test_notices_stand_over_the_canvas_and_tell_how_many_wait(window: Window) -> None:
    before = window.canvas.geometry()
    for words in ("first", "second", "third"):
        window.notices.warn(words)
    assert window.canvas.geometry() == before
    assert window.notices.more.text() == "2 more"
    assert window.canvas.rect().contains(window.notices.geometry())
    window.notices.dismiss()
    window.notices.dismiss()
    assert window.notices.more.isHidden()


def test_a_choice_is_carried_out_and_the_notice_goes(said: Notices, qtbot: QtBot) -> None:
    done: list[str] = []
    said.show()
    said.say("do it?", "warning", Choice("Do it", lambda: done.append("done")))
    qtbot.mouseClick(said.findChild(QPushButton), Qt.MouseButton.LeftButton)
    assert done == ["done"]
    assert said.shown is None


@pytest.mark.parametrize("answer", ["Save", "Discard", "Cancel"])
def test_a_question_gives_the_answer_that_was_clicked(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    def click(box: QMessageBox) -> int:
        box.show()
        next(button for button in box.buttons() if button.text() == answer).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", click)
    parent = QWidget()
    qtbot.addWidget(parent)
    assert notices.ask(parent, "Save?", "It is lost otherwise.", ("Save", "Discard", "Cancel")) == answer


def test_the_engine_chip_shows_and_changes_the_preferences(make_window: Callable[[str], Window]) -> None:
    window = make_window("")
    assert window.bar.chip.text() == "auto  ·  any device"
    menu = window.bar.chip.menu()
    next(action for action in menu.actions() if action.text() == "torch").trigger()
    next(action for action in menu.actions() if action.text() == "cpu").trigger()
    assert window.desk.settings.preferences == Preferences(engine="torch", device="cpu")
    assert window.bar.chip.text() == "torch  ·  CPU"
