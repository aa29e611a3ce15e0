"""Forms made from declarations: every layer, every part of a recipe."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from designer.form import Form
from designer.wording import fresh, parsed, written
from engine.data.augmentations import ColorJitter
from engine.data.spec import Transform
from engine.data.transforms import Scale
from engine.declare import fields_of
from engine.layers import CATALOGUE
from engine.layers.convolution import Conv2D
from engine.layers.pooling import MaxPool2D
from engine.node import Node
from engine.training.optimizers import Adam
from engine.training.recipe import Metric, Recipe

LAYERS = [cls for _, cls in CATALOGUE.items()]


@pytest.mark.parametrize("cls", LAYERS, ids=lambda cls: cls.__name__)
def test_what_a_field_shows_is_what_it_reads(cls: Any) -> None:
    layer = fresh(cls)
    for field in fields_of(cls):
        value = getattr(layer, field.name)
        if field.kind not in ("message", "one_of", "bool") and not (field.optional and value == ""):
            assert parsed(field, written(field, value)) == value


@pytest.mark.parametrize("cls", [*LAYERS, Recipe, Node], ids=lambda cls: cls.__name__)
def test_every_record_has_a_form_that_displays_it_silently(cls: Any, qtbot: QtBot) -> None:
    form = Form(cls)
    qtbot.addWidget(form)
    with qtbot.assertNotEmitted(form.edited):
        form.display(fresh(cls))


def head(form: Form, name: str) -> Any:
    return form.editor(name).head


@pytest.fixture
def conv(qtbot: QtBot) -> Form:
    form = Form(Conv2D)
    qtbot.addWidget(form)
    form.display(Conv2D(filters=20, kernel=5))
    form.show()
    return form


def test_a_number_is_offered_when_it_is_entered(conv: Form, qtbot: QtBot) -> None:
    entry: QLineEdit = head(conv, "filters")
    entry.selectAll()
    with qtbot.waitSignal(conv.edited) as heard:
        qtbot.keyClicks(entry, "50")
        qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert heard.args == ["filters", Conv2D(filters=50, kernel=5)]


@pytest.mark.parametrize(("typed", "kernel"), [("3", (3, 3)), ("3 x 5", (3, 5)), ("3 × 5", (3, 5)), ("3, 5", (3, 5))])
def test_several_axes_are_written_as_people_write_them(
    conv: Form, qtbot: QtBot, typed: str, kernel: tuple[int, int]
) -> None:
    entry: QLineEdit = head(conv, "kernel")
    assert entry.text() == "5 × 5"
    entry.selectAll()
    with qtbot.waitSignal(conv.edited) as heard:
        qtbot.keyClicks(entry, typed)
        qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert heard.args is not None
    assert heard.args[1].kernel == kernel
    assert entry.text() == f"{kernel[0]} × {kernel[1]}"


def test_a_nought_that_stands_for_something_else_is_shown_and_taken_as_that(qtbot: QtBot) -> None:
    pool = Form(MaxPool2D)
    qtbot.addWidget(pool)
    pool.display(MaxPool2D())
    pool.show()
    entry: QLineEdit = head(pool, "stride")
    assert entry.text() == "kernel"
    for typed, stride, shown in (("2", (2, 2), "2 × 2"), ("kernel × 3", (0, 3), "kernel × 3"), ("0", (0, 0), "kernel")):
        entry.selectAll()
        with qtbot.waitSignal(pool.edited) as heard:
            qtbot.keyClicks(entry, typed)
            qtbot.keyClick(entry, Qt.Key.Key_Return)
        assert heard.args is not None
        assert heard.args[1].stride == stride
        assert entry.text() == shown


def test_what_a_field_does_not_take_is_explained_and_not_offered(conv: Form, qtbot: QtBot) -> None:
    entry: QLineEdit = head(conv, "filters")
    said: list[str] = []
    conv.editor("filters").refused.connect(said.append)
    entry.selectAll()
    with qtbot.assertNotEmitted(conv.edited):
        qtbot.keyClicks(entry, "0")
        qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert said[-1] == "filters must be at least 1, not 0"
    qtbot.keyClick(entry, Qt.Key.Key_Escape)
    assert entry.text() == "20"
    assert said[-1] == ""


def test_up_and_down_step_whole_numbers_and_stop_at_the_bound(conv: Form, qtbot: QtBot) -> None:
    entry: QLineEdit = head(conv, "groups")
    with qtbot.waitSignal(conv.edited) as heard:
        qtbot.keyClick(entry, Qt.Key.Key_Up)
    assert heard.args is not None
    assert heard.args[1].groups == 2
    qtbot.keyClick(entry, Qt.Key.Key_Down)
    with qtbot.assertNotEmitted(conv.edited):
        qtbot.keyClick(entry, Qt.Key.Key_Down)


def test_a_box_offers_yes_or_no(conv: Form, qtbot: QtBot) -> None:
    box: QCheckBox = head(conv, "bias")
    with qtbot.waitSignal(conv.edited) as heard:
        box.click()
    assert heard.args is not None
    assert heard.args[1].bias is False


@pytest.fixture
def recipe(qtbot: QtBot) -> Form:
    form = Form(Recipe)
    qtbot.addWidget(form)
    form.display(Recipe())
    form.show()
    return form


def offers(form: Form) -> list[Recipe]:
    heard: list[Recipe] = []
    form.edited.connect(lambda _, record: heard.append(record))
    return heard


def test_another_optimizer_brings_its_own_fields(recipe: Form, qtbot: QtBot) -> None:
    heard = offers(recipe)
    combo = recipe.editor("optimizer").head.findChild(QComboBox)  # type: ignore[union-attr]
    combo.setCurrentText("Adam")
    combo.activated.emit(combo.currentIndex())
    assert heard[-1].optimizer.rule == Adam()

    def names() -> set[str]:
        return {entry.accessibleName() for entry in recipe.findChildren(QLineEdit) if entry.isVisible()}

    qtbot.waitUntil(lambda: {"Beta1", "Beta2", "Epsilon"} <= names())
    assert "Momentum" not in names()


def test_what_may_be_missing_is_switched_on_and_off(recipe: Form) -> None:
    heard = offers(recipe)
    box = recipe.editor("clip").head.findChild(QCheckBox)  # type: ignore[union-attr]
    box.click()
    assert heard[-1].clip is not None
    recipe.display(heard[-1])
    box.click()
    assert heard[-1].clip is None


def test_metrics_are_added_changed_and_removed(recipe: Form, qtbot: QtBot) -> None:
    heard = offers(recipe)
    editor: Any = recipe.editor("metrics")
    for _ in range(2):
        editor.more.click()
        recipe.display(heard[-1])
    assert heard[-1].metrics == (fresh(Metric), fresh(Metric))
    editor.removers[0].click()
    assert heard[-1].metrics == (fresh(Metric),)


def test_one_of_many_is_found_by_a_part_of_its_name(qtbot: QtBot) -> None:
    form = Form(Transform)
    qtbot.addWidget(form)
    form.display(Transform(Scale()))
    form.show()
    combo = form.editor("rule").head
    assert isinstance(combo, QComboBox)
    offered: list[object] = []
    form.editor("rule").offered.connect(offered.append)
    line = combo.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "jitter")
    finder = combo.completer()
    assert [finder.completionModel().index(row, 0).data() for row in range(finder.completionCount())] == ["ColorJitter"]
    qtbot.keyClicks(line, " of no kind")
    line.editingFinished.emit()
    assert line.text() == "Scale"
    assert not offered
    line.selectAll()
    qtbot.keyClicks(line, "ColorJitter")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert [type(record) for record in offered] == [ColorJitter]
