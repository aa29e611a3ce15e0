"""The gallery: canonical files without problems, on data that are there."""

import pytest

import resources
from engine.data.dataset import open_data
from engine.errors import Problem
from engine.report import report_of
from engine.schema.read import read
from engine.schema.write import write

NAMES = sorted(path.stem for path in resources.path("gallery").glob("*.txtpb"))


def test_the_five_models_are_there() -> None:
    assert NAMES == ["char_lstm", "fashion_cnn", "lenet", "penguins_mlp", "texture_cnn"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_as_the_writer_writes_it(name) -> None:
    text = resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8")
    assert write(read(text).model) == text


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_no_problems_and_its_data_fit(name) -> None:
    reading = read(resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8"))
    problems: tuple[Problem, ...] = (*reading.problems, *report_of(reading.model).problems)
    assert problems == ()
    data = open_data(reading.model.data, reading.model.network)
    assert set(data.parts) == {"train", "validation"}


@pytest.mark.parametrize("name", NAMES)
def test_every_node_stands_somewhere_of_its_own(name) -> None:
    model = read(resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8")).model
    places = {place.node: (place.x, place.y) for place in model.drawing.places}
    assert set(places) == {node.name for node in model.network.nodes}
    corners = list(places.values())
    for number, (x, y) in enumerate(corners):
        assert all(abs(x - a) >= 228 or abs(y - b) >= 44 for a, b in corners[:number])


def test_lenet_is_caffes() -> None:
    model = read(resources.path("gallery", "lenet.txtpb").read_text(encoding="utf-8")).model
    report = report_of(model)
    shapes = {name: node.outputs[0].shape for name, node in report.nodes.items() if node.outputs}
    assert (report.params, report.macs) == (431_080, 2_293_000)
    assert [shapes[name] for name in ("conv1", "pool1", "conv2", "pool2")] == [
        (20, 24, 24),
        (20, 12, 12),
        (50, 8, 8),
        (50, 4, 4),
    ]
