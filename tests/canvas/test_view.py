"""What the canvas shows of a model: only what differs, where it stands, and the view on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from canvas import edits
from canvas.style import Style
from engine.drawing import Drawing, Frame, Sticky
from engine.model import Model
from tests.canvas.bench import lenet, model_of, node


def test_a_node_that_did_not_change_keeps_its_box(bench):
    before = dict(bench.canvas.board.picture.boxes)
    bench.show(edits.set_state(bench.model, ["pool1"], "muted"))
    after = bench.canvas.board.picture.boxes
    changed = {name for name in after if after[name] is not before[name]}
    assert "pool1" in changed
    assert changed <= {"pool1", "flat", "score", "loss", "digit", "conv1", "image"}
    assert after["image"] is before["image"]


def test_wires_show_the_shapes_of_the_report(bench):
    wires = bench.canvas.board.picture.wires
    assert wires["pool1", 0].signal.shape == (20, 24, 24)
    assert wires["score", 0].signal.shape == (2880,)


def test_a_changed_shape_reaches_the_wires_below(bench):
    conv = replace(bench.model.network["conv1"].layer, filters=7)
    bench.show(replace(bench.model, network=bench.model.network.set_layer("conv1", conv)))
    assert bench.canvas.board.picture.wires["flat", 0].signal.shape == (7, 12, 12)


def test_a_model_without_places_is_laid_out_and_stays_as_it_is(empty):
    model = replace(lenet(), drawing=Drawing())
    empty.show(model)
    boxes = empty.canvas.board.picture.boxes
    ys = [boxes[name].spot.y for name in ("image", "conv1", "pool1")]
    assert ys == sorted(set(ys))
    assert empty.model is model
    assert empty.steps == []


def test_the_first_edit_writes_down_where_everything_stands(empty):
    empty.show(replace(lenet(), drawing=Drawing()))
    stood = {name: (box.spot.x, box.spot.y) for name, box in empty.canvas.board.picture.boxes.items()}
    empty.canvas.select(("digit",))
    empty.key("b")
    empty.canvas.select(("pool1",))
    empty.key("d", Qt.KeyboardModifier.ControlModifier)
    assert {name: empty.place(name) for name in stood} == stood


def test_a_node_written_in_the_text_stands_below_what_feeds_it(bench):
    typed = bench.model.network.add(node("new", "relu", "pool1"))
    bench.show(replace(bench.model, network=typed))
    spot = bench.canvas.board.picture.boxes["new"].spot
    assert spot.y > bench.canvas.board.picture.boxes["pool1"].spot.y
    others = [box.rect for name, box in bench.canvas.board.picture.boxes.items() if name != "new"]
    assert not any(rect.intersects(bench.canvas.board.picture.boxes["new"].rect) for rect in others)


def test_a_wire_from_nowhere_is_not_drawn_until_its_node_is_there(empty):
    model = model_of(node("fc", "dense", "late"))
    empty.show(model)
    assert empty.canvas.board.picture.wires == {}
    empty.show(replace(model, network=model.network.add(node("late", "input", sizes=(4,)))))
    assert ("fc", 0) in empty.canvas.board.picture.wires


def test_a_network_that_is_opened_is_shown_from_its_top_and_readable(bench):
    bench.show(model_of(*(node(f"n{i}", "dense") for i in range(90))))
    assert bench.canvas.zoom == pytest.approx(0.75)
    assert bench.canvas.visible.contains(bench.canvas.board.picture.boxes["n0"].rect)
    assert not bench.canvas.visible.contains(bench.canvas.board.picture.boxes["n89"].rect)


def test_another_network_is_shown_whole_an_edited_one_stays_where_it_is(bench):
    bench.canvas.zoom_to(0.7)
    bench.show(edits.set_state(bench.model, bench.names, "muted"))
    assert bench.canvas.zoom == 0.7
    other = model_of(*(node(f"n{i}", "dense") for i in range(9)))
    bench.show(other)
    assert bench.canvas.visible.contains(bench.canvas.board.picture.bounds())


def test_a_selection_outlives_an_edit_and_forgets_what_is_gone(bench):
    bench.canvas.select(("conv1", "digit"))
    bench.show(edits.remove(bench.model, ["digit"]))
    assert bench.canvas.selection == ("conv1",)


def test_select_is_silent_and_reveal_is_not(bench):
    bench.canvas.select(("conv1",))
    assert bench.selections == []
    bench.canvas.centerOn(9000, 9000)
    bench.canvas.reveal("digit")
    assert bench.selections == [("digit",)]
    assert bench.canvas.visible.contains(bench.canvas.board.picture.boxes["digit"].rect)


def test_an_empty_network_says_how_to_begin(bench):
    def words():
        return next(child for child in bench.canvas.children() if type(child).__name__ == "EmptyState")

    assert not words().isVisible()
    bench.show(Model())
    assert words().isVisible()
    assert "Double-click" in words().text()


def test_a_loss_has_no_output_and_indices_have_ports_of_their_own(bench):
    boxes = bench.canvas.board.picture.boxes
    assert boxes["loss"].outputs == ()
    assert boxes["digit"].indices == (True,)
    assert boxes["image"].indices == (False,)


def test_frames_and_stickies_of_the_author_are_seen(bench):
    plain = bench.canvas.viewport().grab().toImage()
    drawing = replace(
        bench.model.drawing,
        frames=(Frame("stem", -20, -20, 400, 300, "#ff0000"),),
        stickies=(Sticky("try 5x5", 420, 20),),
    )
    bench.show(replace(bench.model, drawing=drawing))
    drawn = bench.canvas.viewport().grab().toImage()
    for x, y in ((300, 40), (500, 90)):
        assert drawn.pixelColor(bench.spot(x, y)) != plain.pixelColor(bench.spot(x, y))


def test_another_theme_paints_other_colours(bench):
    dark = bench.canvas.grab().toImage()
    bench.canvas.set_look(Style.light())
    light = bench.canvas.grab().toImage()
    assert dark.pixelColor(5, 300).lightness() < 60 < 200 < light.pixelColor(5, 300).lightness()


def test_every_zoom_paints_every_box_in_its_family_s_colour(bench):
    colour = bench.canvas.board.look.family("convolution")
    for zoom in (1.0, 0.4, 0.2):
        bench.canvas.zoom_to(zoom)
        bench.canvas.centerOn(120, 94)
        image = bench.canvas.viewport().grab().toImage()
        at = bench.spot(0 + (8 if zoom > 0.28 else 120), 94)
        assert image.pixelColor(at) == colour
