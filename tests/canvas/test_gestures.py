"""Every gesture with a real mouse and real keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip

from canvas import commands
from canvas.quickadd import QuickAdd
from canvas.texts import label_width, texts_of
from engine.blocks import Block
from engine.report import report_of
from tests.canvas.bench import LEFT, MIDDLE, RIGHT, Bench, model_of, node

Key = Qt.KeyboardModifier
SHIFT, CTRL, ALT = Key.ShiftModifier, Key.ControlModifier, Key.AltModifier


def turn_wheel(bench: Bench, at: QPoint, steps: int) -> None:
    viewport = bench.canvas.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Key.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


# Looking around


def test_the_wheel_zooms_and_keeps_what_is_under_the_mouse_there(bench):
    at = bench.box("score")
    under = bench.canvas.mapToScene(at)
    turn_wheel(bench, at, 2)
    assert bench.canvas.zoom == pytest.approx(1.44)
    assert (bench.canvas.mapToScene(at) - under).manhattanLength() < 2
    turn_wheel(bench, at, -2)
    assert bench.canvas.zoom == pytest.approx(1.0)


@pytest.mark.parametrize("button", [MIDDLE, RIGHT])
def test_middle_and_right_drag_move_the_paper(bench, button):
    start = bench.spot(500, 0)
    under = bench.canvas.mapToScene(start)
    bench.drag(start, start + QPoint(40, 30), start + QPoint(80, 60), button=button)
    assert (bench.canvas.mapToScene(start + QPoint(80, 60)) - under).manhattanLength() < 2
    assert bench.steps == []


def test_space_and_left_drag_move_the_paper_even_over_a_node(bench):
    start = bench.box("conv1")
    under = bench.canvas.mapToScene(start)
    QTest.keyPress(bench.canvas, Qt.Key.Key_Space)
    bench.drag(start, start + QPoint(0, 50))
    QTest.keyRelease(bench.canvas, Qt.Key.Key_Space)
    assert (bench.canvas.mapToScene(start + QPoint(0, 50)) - under).manhattanLength() < 2
    assert bench.steps == []
    assert bench.canvas.selection == ()


def test_keys_zoom_and_fit(bench):
    bench.key(Qt.Key.Key_Equal, CTRL)
    assert bench.canvas.zoom == pytest.approx(1.25)
    bench.key(Qt.Key.Key_Minus, CTRL)
    bench.key(Qt.Key.Key_Minus, CTRL)
    assert bench.canvas.zoom == pytest.approx(0.8)
    bench.key(Qt.Key.Key_0, CTRL)
    assert bench.canvas.zoom == pytest.approx(1.0)
    bench.canvas.centerOn(5000, 5000)
    bench.key(Qt.Key.Key_Home)
    assert bench.canvas.visible.contains(bench.canvas.board.picture.bounds())


def test_the_dot_key_shows_the_selection(bench):
    bench.canvas.centerOn(5000, 5000)
    bench.canvas.select(("digit",))
    bench.key(".")
    assert bench.canvas.visible.contains(bench.canvas.board.picture.boxes["digit"].rect)


def test_a_click_in_the_minimap_goes_there(bench):
    bench.canvas.zoom_to(2.0)
    minimap = next(child for child in bench.canvas.children() if getattr(child, "accessibleName", str)() == "Minimap")
    QTest.mouseClick(minimap, LEFT, Key.NoModifier, QPoint(minimap.width() // 2, minimap.height() // 2))
    centre = bench.canvas.mapToScene(bench.canvas.viewport().rect().center())
    assert (centre - bench.canvas.board.picture.bounds().center()).manhattanLength() < 8


# Selecting


def test_a_click_selects_and_shift_or_ctrl_add_and_take_away(bench):
    bench.click(bench.box("conv1"))
    assert bench.selections[-1] == ("conv1",)
    bench.click(bench.box("pool1"), keys=SHIFT)
    assert bench.selections[-1] == ("conv1", "pool1")
    bench.click(bench.box("conv1"), keys=CTRL)
    assert bench.selections[-1] == ("pool1",)
    bench.click(bench.spot(500, 0))
    assert bench.selections[-1] == ()


def test_a_box_selects_what_it_touches_shift_adds_ctrl_toggles(bench):
    bench.drag(bench.spot(-30, 60), bench.spot(100, 100), bench.spot(260, 200))
    assert set(bench.canvas.selection) == {"conv1", "pool1"}
    bench.drag(bench.spot(-30, 200), bench.spot(20, 250), keys=SHIFT)
    assert set(bench.canvas.selection) == {"conv1", "pool1", "flat"}
    bench.drag(bench.spot(-30, 130), bench.spot(20, 250), keys=CTRL)
    assert set(bench.canvas.selection) == {"conv1"}
    assert bench.steps == []


def test_escape_takes_a_box_back(bench):
    bench.canvas.select(("digit",))
    bench.press(bench.spot(-30, 60))
    bench.move(bench.spot(260, 200))
    assert "conv1" in bench.canvas.selection
    bench.key(Qt.Key.Key_Escape)
    bench.release(bench.spot(260, 200))
    assert bench.canvas.selection == ("digit",)


def test_alt_drag_draws_a_lasso(bench):
    corners = [(-40, 60), (300, 60), (300, 130), (-40, 130)]
    bench.drag(*(bench.spot(*corner) for corner in corners), keys=ALT)
    assert set(bench.canvas.selection) == {"conv1"}


def test_ctrl_a_selects_all_and_upstream_adds_what_feeds(bench):
    bench.key("a", CTRL)
    assert set(bench.canvas.selection) == set(bench.names)
    bench.canvas.select(("pool1",))
    bench.key(Qt.Key.Key_Left, CTRL | SHIFT)
    assert set(bench.canvas.selection) == {"image", "conv1", "pool1"}
    bench.canvas.select(("flat",))
    bench.key(Qt.Key.Key_Right, CTRL | SHIFT)
    assert set(bench.canvas.selection) == {"flat", "score", "loss"}


# Moving


def test_dragging_moves_on_the_grid_as_one_step(bench):
    bench.drag(bench.box("digit"), bench.box("digit") + QPoint(30, 5), bench.box("digit") + QPoint(51, 13))
    assert bench.place("digit") == (368, 304)
    assert bench.steps == ["Move digit"]
    bench.undo()
    assert bench.place("digit") == (320, 288)
    assert bench.canvas.board.picture.boxes["digit"].rect.topLeft() == QPointF(320, 288)


def test_alt_moves_freely(bench):
    start = bench.box("digit")
    bench.drag(start, start + QPoint(53, 11), keys=Key.NoModifier)
    bench.undo()
    bench.press(start)
    bench.move(start + QPoint(53, 11), keys=ALT)
    bench.release(start + QPoint(53, 11), keys=ALT)
    assert bench.place("digit") == (373, 299)


def test_the_selection_moves_together_and_nodes_stay_the_same_objects(bench):
    nodes = bench.model.network.nodes
    bench.canvas.select(("conv1", "pool1"))
    bench.drag(bench.box("conv1"), bench.box("conv1") + QPoint(400, 0))
    assert (bench.place("conv1"), bench.place("pool1")) == ((400, 72), (400, 144))
    assert all(a is b for a, b in zip(bench.model.network.nodes, nodes, strict=True))
    assert bench.steps == ["Move 2 nodes"]


def test_escape_puts_a_held_node_back(bench):
    bench.press(bench.box("digit"))
    bench.move(bench.spot(600, 100))
    assert bench.canvas.board.picture.boxes["digit"].spot.x != 320
    bench.key(Qt.Key.Key_Escape)
    bench.release(bench.spot(600, 100))
    assert bench.canvas.board.picture.boxes["digit"].spot.x == 320
    assert bench.steps == []


def test_arrows_nudge_and_shift_does_so_ten_times(bench):
    bench.canvas.select(("digit",))
    bench.key(Qt.Key.Key_Right)
    assert bench.place("digit") == (328, 288)
    bench.key(Qt.Key.Key_Up, SHIFT)
    assert bench.place("digit") == (328, 208)


def test_a_pinned_node_stays(bench):
    bench.canvas.select(("digit",))
    bench.key("p")
    bench.drag(bench.box("digit"), bench.spot(600, 100))
    assert bench.place("digit") == (320, 288)


def test_alt_drag_from_a_selected_node_makes_a_copy(bench):
    bench.canvas.select(("conv1",))
    start = bench.box("conv1")
    bench.drag(start, start + QPoint(100, 0), start + QPoint(320, 0), keys=ALT)
    assert bench.names[-1] == "conv2"
    assert (bench.place("conv1"), bench.place("conv2")) == ((0, 72), (320, 72))
    assert bench.canvas.selection == ("conv2",)


# Wires


def test_a_wire_is_drawn_from_an_output_to_an_input(empty):
    empty.show(model_of(node("image", "input", sizes=(8,)), node("fc", "dense")))
    empty.drag(empty.output("image"), empty.spot(200, 60), empty.input("fc"))
    assert empty.inputs("fc") == ["image"]
    assert empty.steps == ["Connect image to fc"]


def test_a_wire_is_drawn_from_an_input_to_an_output(empty):
    empty.show(model_of(node("image", "input", sizes=(8,)), node("fc", "dense")))
    empty.drag(empty.input("fc"), empty.spot(200, 60), empty.output("image"))
    assert empty.inputs("fc") == ["image"]


def test_a_wire_let_go_over_a_box_takes_the_best_free_port(empty):
    nodes = (node("a", "dense"), node("loss", "softmax_cross_entropy", "a"), node("digit", "target", classes=3))
    empty.show(model_of(*nodes, digit=(320, 0)))
    empty.drag(empty.output("digit"), empty.spot(300, 60), empty.box("loss"))
    assert empty.inputs("loss") == ["a", "digit"]


def test_a_wire_that_would_close_a_circle_is_refused_with_the_reason(bench):
    before = bench.model
    bench.drag(bench.output("flat"), bench.spot(300, 150), bench.input("conv1"))
    assert bench.model is before
    assert bench.refusals == ["conv1 and flat would feed each other in a circle"]


def test_a_wire_of_the_wrong_shape_is_refused_with_what_the_layer_says(empty):
    nodes = (node("words", "input", sizes=(16,)), node("conv", "conv2d"))
    empty.show(model_of(*nodes))
    empty.press(empty.output("words"))
    empty.move(empty.spot(200, 60))
    empty.move(empty.box("conv"))
    assert QToolTip.isVisible()
    assert "16" in QToolTip.text()
    empty.release(empty.box("conv"))
    assert empty.inputs("conv") == []
    assert empty.refusals == [QToolTip.text()] or "16" in empty.refusals[0]


def test_a_block_takes_any_wire_and_shows_as_many_outputs_as_it_has(empty):
    inner = (node("a", "relu", "x"), node("b", "dense", "y"))
    ends = (node("image", "input", sizes=(8,)), node("tanh", "tanh", "image"), node("end", "relu", "stage:1"))
    drawn = model_of(*ends, node("stage", "use", block="pair"))
    pair = Block("pair", (), ("x", "y"), ("a", "b"), inner)
    empty.show(replace(drawn, network=replace(drawn.network, blocks=(pair,))))
    for name in ("image", "tanh"):
        empty.drag(empty.output(name), empty.spot(400, 60), empty.box("stage"))
    assert empty.refusals == []
    assert empty.inputs("stage") == ["image", "tanh"]
    assert len(empty.canvas.board.picture.boxes["stage"].outputs) == 2
    report = report_of(empty.model)
    assert [signal.shape for signal in report.nodes["stage"].outputs] == [(8,), (64,)]
    assert report.nodes["end"].outputs[0].shape == (64,)


def test_every_part_of_a_split_has_a_port_of_its_own_and_its_wires_lead_from_there(empty):
    nodes = (node("image", "input", sizes=(6, 8)), node("cut", "split", "image", sizes=(1, 2, 3)))
    empty.show(model_of(*nodes, node("a", "relu"), node("b", "relu"), a=(-160, 216), b=(320, 216)))
    box = empty.canvas.board.picture.boxes["cut"]
    assert [port.number for port in box.outputs] == [0, 1, 2]
    assert [box.output(place).shape for place in range(3)] == [(1, 8), (2, 8), (3, 8)]
    empty.drag(empty.output("cut", 2), empty.spot(300, 160), empty.input("b"))
    empty.drag(empty.output("cut", 1), empty.spot(100, 160), empty.input("a"))
    assert (empty.inputs("a"), empty.inputs("b")) == (["cut:1"], ["cut:2"])
    report = report_of(empty.model)
    assert [report.nodes[name].outputs[0].shape for name in ("a", "b")] == [(2, 8), (3, 8)]
    texts = texts_of(empty.model.network["cut"], report.nodes["cut"].outputs)
    gap = box.outputs[1].x - box.outputs[0].x
    assert all(label_width(label) + 16 <= gap for label in texts.labels)
    for name, port in (("a", 1), ("b", 2)):
        begin = empty.canvas.mapFromScene(empty.canvas.board.picture.wires[name, 0].path.pointAtPercent(0))
        assert begin == empty.output("cut", port)


def test_a_split_into_fewer_parts_shows_the_lost_port_as_long_as_a_wire_hangs_on_it_and_tells_it(empty):
    nodes = (node("image", "input", sizes=(6, 8)), node("cut", "split", "image", parts=3))
    empty.show(model_of(*nodes, node("a", "relu", "cut:1"), node("b", "relu", "cut:2"), a=(-160, 216), b=(320, 216)))
    network = empty.model.network.change("cut", lambda cut: replace(cut, layer=replace(cut.layer, parts=2)))
    empty.show(replace(empty.model, network=network))
    assert len(empty.canvas.board.picture.boxes["cut"].outputs) == 3
    assert empty.inputs("a") == ["cut:1"]
    assert any(problem.node == "b" and problem.severity == "error" for problem in report_of(empty.model).problems)


def test_a_wire_between_two_outputs_is_refused(bench):
    bench.drag(bench.output("image"), bench.spot(500, 200), bench.output("digit"))
    assert bench.steps == []
    assert "output" in bench.refusals[0] or "no inputs" in bench.refusals[0]


def test_escape_lets_a_held_wire_go(bench):
    bench.press(bench.output("conv1"))
    bench.move(bench.spot(300, 200))
    bench.key(Qt.Key.Key_Escape)
    bench.release(bench.box("flat"))
    assert bench.steps == []


def test_the_end_of_a_wire_moves_to_another_input(empty):
    nodes = (node("image", "input", sizes=(8,)), node("a", "dense", "image"), node("b", "dense"))
    empty.show(model_of(*nodes, b=(320, 72)))
    empty.drag(empty.input("a"), empty.spot(300, 60), empty.input("b"))
    assert (empty.inputs("a"), empty.inputs("b")) == ([], ["image"])
    assert empty.steps == ["Move the wire from image to b"]


def test_the_end_of_a_wire_let_go_over_nothing_takes_the_wire_away(bench):
    bench.drag(bench.input("pool1"), bench.spot(400, 100), bench.spot(500, 120))
    assert bench.inputs("pool1") == []
    assert bench.steps == ["Disconnect a wire"]


def test_an_input_for_many_grows_a_place_with_each_wire(empty):
    nodes = [node(name, "input", sizes=(8,)) for name in "abc"]
    empty.show(model_of(*nodes, node("sum", "add"), a=(0, 0), b=(320, 0), c=(640, 0), sum=(320, 144)))
    for count, name in enumerate("abc"):
        assert len(empty.canvas.board.picture.boxes["sum"].inputs) == max(1, count + (count > 0))
        empty.drag(empty.output(name), empty.spot(300, 80), empty.input("sum", -1))
    assert empty.inputs("sum") == ["a", "b", "c"]


def test_alt_click_on_a_port_breaks_all_its_wires(bench):
    bench.click(bench.output("conv1"), keys=ALT)
    assert bench.inputs("pool1") == []
    bench.click(bench.input("loss", 1), keys=ALT)
    assert bench.inputs("loss") == ["score"]


def test_ctrl_right_drag_cuts_wires(bench):
    y = bench.canvas.board.picture.boxes["pool1"].spot.y - 14
    bench.drag(bench.spot(60, y), bench.spot(120, y), bench.spot(200, y), button=RIGHT, keys=CTRL)
    assert bench.inputs("pool1") == []
    assert bench.inputs("flat") == ["pool1"]


def test_a_selected_wire_is_deleted(bench):
    bench.click(bench.wire("pool1"))
    assert bench.canvas.board.wire == ("pool1", 0)
    bench.key(Qt.Key.Key_Delete)
    assert bench.inputs("pool1") == []
    assert "pool1" in bench.names


def test_a_double_click_on_a_wire_adds_a_point_that_can_be_moved_and_removed(bench):
    bench.double_click(bench.wire("loss", 1))
    assert len(bench.model.drawing.reroutes) == 1
    point = bench.canvas.board.picture.wires["loss", 1].points[0]
    at = bench.canvas.mapFromScene(point)
    bench.drag(at, at + QPoint(40, 0), at + QPoint(80, 16))
    moved = bench.model.drawing.reroutes[0]
    assert (moved.x - point.x(), moved.y - point.y()) == (80, 16)
    bench.double_click(bench.spot(moved.x, moved.y))
    assert bench.model.drawing.reroutes == ()


def test_a_lone_node_dropped_on_a_wire_goes_into_it(empty):
    nodes = (node("image", "input", sizes=(8,)), node("fc", "dense", "image"), node("act", "relu"))
    empty.show(model_of(*nodes, fc=(0, 216), act=(400, 0)))
    start = empty.box("act")
    empty.drag(start, start + QPoint(-100, 50), start + QPoint(-384, 104))
    assert (empty.inputs("act"), empty.inputs("fc")) == (["image"], ["act"])
    assert empty.steps == ["Insert act"]
    assert empty.place("act") == (0, 104)


def test_what_is_below_makes_room_for_a_node_put_into_a_wire(empty):
    nodes = (
        node("image", "input", sizes=(8,)),
        node("fc", "dense", "image"),
        node("end", "relu", "fc"),
        node("act", "relu"),
    )
    empty.show(model_of(*nodes, act=(400, 0)))
    start = empty.box("act")
    empty.drag(start, start + QPoint(-100, 50), start + QPoint(-392, 40))
    assert [empty.place(name) for name in ("image", "act", "fc", "end")] == [(0, 0), (0, 72), (0, 144), (0, 216)]


def test_alt_keeps_a_node_out_of_the_wire_it_is_dropped_on(empty):
    nodes = (node("image", "input", sizes=(8,)), node("fc", "dense", "image"), node("act", "relu"))
    empty.show(model_of(*nodes, fc=(0, 216), act=(400, 0)))
    start = empty.box("act")
    empty.press(start)
    empty.move(start + QPoint(-400, 108), keys=ALT)
    empty.release(start + QPoint(-400, 108), keys=ALT)
    assert empty.inputs("fc") == ["image"]


# Keys on the selection


def test_delete_takes_nodes_and_their_wires(bench):
    bench.click(bench.box("pool1"))
    bench.key(Qt.Key.Key_Delete)
    assert "pool1" not in bench.names
    assert bench.inputs("flat") == []
    assert bench.steps == ["Delete pool1"]
    bench.undo()
    assert bench.inputs("flat") == ["pool1"]


def test_ctrl_delete_heals_the_chain(bench):
    bench.canvas.select(("conv1", "pool1"))
    bench.key(Qt.Key.Key_Delete, CTRL)
    assert bench.inputs("flat") == ["image"]
    assert "conv1" not in bench.names


def test_copy_and_paste_go_through_schema_text(bench):
    bench.canvas.select(("conv1", "pool1"))
    bench.key("c", CTRL)
    assert "conv2d" in QApplication.clipboard().text()
    bench.key("v", CTRL)
    assert bench.names[-2:] == ["conv2", "pool2"]
    assert (bench.inputs("conv2"), bench.inputs("pool2")) == ([], ["conv2"])
    assert bench.model.network["conv2"].layer == bench.model.network["conv1"].layer
    assert bench.canvas.selection == ("conv2", "pool2")
    assert bench.place("pool2")[1] - bench.place("conv2")[1] == 72


def test_paste_with_wires_keeps_those_that_come_in(bench):
    bench.canvas.select(("conv1",))
    bench.key("c", CTRL)
    bench.key("v", CTRL | SHIFT)
    assert bench.inputs("conv2") == ["image"]


def test_cut_takes_away_what_paste_brings_back(bench):
    bench.canvas.select(("digit",))
    bench.key("x", CTRL)
    assert "digit" not in bench.names
    bench.key("v", CTRL)
    assert "digit" in bench.names


def test_pasting_what_is_no_schema_says_so(bench):
    QApplication.clipboard().setText("not a network {")
    bench.key("v", CTRL)
    assert bench.steps == []
    assert bench.refusals[0].startswith("The clipboard holds no nodes")


def test_ctrl_d_duplicates_with_inner_wires_only_and_shift_keeps_inputs(bench):
    bench.canvas.select(("conv1", "pool1"))
    bench.key("d", CTRL)
    assert (bench.inputs("conv2"), bench.inputs("pool2")) == ([], ["conv2"])
    bench.canvas.select(("conv1",))
    bench.key("d", CTRL | SHIFT)
    assert bench.inputs(bench.names[-1]) == ["image"]


@pytest.mark.parametrize(("key", "state"), [("m", "muted"), ("b", "bypassed")])
def test_m_mutes_and_b_bypasses_and_again_ends_it(bench, key, state):
    bench.canvas.select(("pool1",))
    bench.key(key)
    assert bench.model.network["pool1"].state == state
    bench.key(key)
    assert bench.model.network["pool1"].state == "active"


def test_h_collapses_the_box(bench):
    bench.canvas.select(("pool1",))
    bench.key("h")
    assert bench.canvas.board.picture.boxes["pool1"].height < 44
    bench.key("h")
    assert bench.canvas.board.picture.boxes["pool1"].height == 44


def test_q_puts_the_selection_in_one_column(bench):
    bench.canvas.select(("score", "digit"))
    bench.key("q")
    assert bench.place("digit") == (0, 288)


def field(bench: Bench) -> QLineEdit:
    return bench.canvas.findChild(QLineEdit, options=Qt.FindChildOption.FindDirectChildrenOnly)


def test_f2_renames_where_the_name_stands_everywhere(bench):
    bench.click(bench.box("conv1"))
    bench.key(Qt.Key.Key_F2)
    assert field(bench).isVisible()
    QTest.keyClicks(field(bench), "first")
    QTest.keyClick(field(bench), Qt.Key.Key_Return)
    assert bench.names[1] == "first"
    assert bench.inputs("pool1") == ["first"]
    assert bench.canvas.selection == ("first",)
    assert bench.place("first") == (0, 72)


def test_a_double_click_on_the_name_renames_and_escape_leaves_it(bench):
    bench.double_click(bench.title("conv1"))
    assert field(bench).isVisible()
    QTest.keyClicks(field(bench), "other")
    QTest.keyClick(field(bench), Qt.Key.Key_Escape)
    assert not field(bench).isVisible()
    assert bench.steps == []


def test_a_name_that_is_taken_is_refused(bench):
    bench.canvas.select(("conv1",))
    bench.key(Qt.Key.Key_F2)
    QTest.keyClicks(field(bench), "image")
    QTest.keyClick(field(bench), Qt.Key.Key_Return)
    assert bench.steps == []
    assert bench.refusals == ["there is already a node named 'image'"]


def test_a_double_click_on_a_node_opens_it(bench):
    bench.double_click(bench.box("conv1"))
    assert bench.opened == ["conv1"]


def test_ctrl_shift_f_lays_everything_out(bench):
    bench.key("f", CTRL | SHIFT)
    assert bench.steps == ["Lay out the network"]
    ys = [bench.place(name)[1] for name in ("image", "conv1", "pool1", "flat", "score", "loss")]
    assert ys == sorted(set(ys))
    assert bench.place("digit")[1] == bench.place("score")[1]


def test_a_large_network_is_laid_out_in_the_background(bench, qtbot, monkeypatch):
    monkeypatch.setattr(commands, "LARGE", 1)
    before = bench.model
    bench.key("f", CTRL | SHIFT)
    assert bench.model is before
    qtbot.waitUntil(lambda: bench.steps == ["Lay out the network"])
    assert bench.place("digit")[1] == bench.place("score")[1]


def test_a_layout_of_what_has_changed_meanwhile_is_not_taken(bench, qtbot, monkeypatch):
    monkeypatch.setattr(commands, "LARGE", 1)
    bench.key("f", CTRL | SHIFT)
    bench.canvas.select(("digit",))
    bench.key(Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bool(bench.refusals))
    assert bench.steps == ["Nudge digit"]


# Menus


def test_a_right_click_opens_the_menu_of_what_is_there(bench):
    for at, entry in (
        (bench.box("conv1"), "Mute"),
        (bench.wire("pool1"), "Insert a layer…"),
    ):
        bench.click(at, button=RIGHT)
        menu = QApplication.activePopupWidget()
        assert entry in [action.text() for action in menu.actions()]
        menu.close()
    assert bench.canvas.board.wire is None or bench.steps == []


def test_a_right_click_on_the_empty_canvas_asks_which_layer_to_add(bench):
    bench.click(bench.spot(500, 0), button=RIGHT)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QuickAdd)
    popup.close()


def test_a_command_that_cannot_be_done_says_why_in_its_tooltip(bench):
    bench.canvas.choose(())
    assert not bench.canvas.action("heal").isEnabled()
    assert bench.canvas.action("heal").toolTip() == "Select a node first"
    bench.canvas.choose(("conv1",))
    assert bench.canvas.action("heal").isEnabled()
    assert "Ctrl+Del" in bench.canvas.action("heal").toolTip()


def test_tooltips_name_the_problem_and_what_helps(empty):
    nodes = (node("image", "input", sizes=(1, 4, 4)), node("conv", "conv2d", "image", kernel=9))
    empty.show(model_of(*nodes))
    from PySide6.QtGui import QHelpEvent

    at = empty.box("conv")
    QApplication.sendEvent(
        empty.canvas.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, empty.canvas.viewport().mapToGlobal(at))
    )
    assert "Error" in QToolTip.text()
    assert "4x4" in QToolTip.text()
