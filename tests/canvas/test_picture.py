"""The picture kept up to date step by step is the one that is made anew."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as some

from canvas.picture import Picture
from engine.report import report_of
from tests.canvas.bench import lenet
from tests.canvas.steps import apply, steps


def seen(picture: Picture) -> tuple[object, ...]:
    """Everything that a picture shows."""
    boxes = {
        name: (box.node, box.report, box.problems, box.spot, box.inputs, box.outputs, box.indices)
        for name, box in picture.boxes.items()
    }
    wires = {
        key: (wire.link, wire.start, wire.end, wire.points, wire.signal, wire.is_idle)
        for key, wire in picture.wires.items()
    }
    everywhere = picture.bounds().adjusted(-300, -300, 300, 300)
    near = {box.name for box in picture.boxes_near(everywhere)}, {wire.key for wire in picture.wires_near(everywhere)}
    leaving = {name: {wire.key for wire in picture.wires_of(name)} for name in picture.boxes}
    return boxes, wires, near, leaving


@given(some.lists(steps, min_size=1, max_size=8), some.booleans())
@example([("connect", ("loss", "conv1"))], True)  # a loss shows an output only while something is fed by it
def test_a_picture_that_follows_edits_equals_a_fresh_one(done, undo):
    picture, model = Picture(), lenet()
    models = [model, *(model := apply(model, step) for step in done)]
    for shown in [*models, *models[::-1]] if undo else models:
        picture.update(shown, report_of(shown))
        fresh = Picture()
        fresh.update(shown, report_of(shown))
        assert seen(picture) == seen(fresh)


@given(some.sets(some.sampled_from(["image", "conv1", "score", "digit"]), min_size=1), some.integers(-90, 90))
def test_boxes_that_were_held_go_back_where_they_belong(names, by):
    picture, model = Picture(), lenet()
    report = report_of(model)
    picture.update(model, report)
    before = seen(picture)
    picture.shift(names, by, 2 * by)
    assert by == 0 or seen(picture) != before
    picture.update(model, report)
    assert seen(picture) == before
