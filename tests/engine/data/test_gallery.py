"""The gallery: canonical files without problems, on data that are there."""

import itertools
from dataclasses import replace

import pytest

import resources
from engine.data.dataset import open_data
from engine.errors import Problem
from engine.layers.data import Input
from engine.report import report_of
from engine.schema.read import read
from engine.schema.write import write

NAMES = sorted(path.stem for path in resources.path("gallery").glob("*.txtpb"))


def test_the_models_are_there() -> None:
    assert {"char_lstm", "fashion_cnn", "lenet", "penguins_mlp", "resnet18", "resnet20", "texture_cnn"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_as_the_writer_writes_it(name) -> None:
    text = resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8")
    assert write(read(text).model) == text


@pytest.mark.parametrize("name", NAMES)
def test_a_model_has_no_problems_and_its_data_fit(name) -> None:
    reading = read(resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8"))
    problems: tuple[Problem, ...] = (*reading.problems, *report_of(reading.model).problems)
    if not reading.model.data.sources:  # data for it do not come along; its head says what to add
        assert [problem.message for problem in problems] == ["there are no data to train on yet"]
        assert "without data" in reading.model.head
        return
    assert problems == ()
    data = open_data(reading.model.data, reading.model.network)
    assert set(data.parts) == {"train", "validation"}


@pytest.mark.parametrize("name", NAMES)
def test_every_node_stands_somewhere_of_its_own_inside_blocks_too(name) -> None:
    model = read(resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8")).model
    drawings = {drawing.name: drawing.places for drawing in model.drawing.blocks}
    insides = [(block.nodes, drawings[block.name]) for block in model.network.blocks]
    for nodes, places in [(model.network.nodes, model.drawing.places), *insides]:
        corners = {place.node: (place.x, place.y) for place in places}
        assert set(corners) == {node.name for node in nodes}
        for (x, y), (a, b) in itertools.combinations(corners.values(), 2):
            assert abs(x - a) >= 228 or abs(y - b) >= 44


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


def gallery(name):
    return read(resources.path("gallery", f"{name}.txtpb").read_text(encoding="utf-8")).model


def test_resnet18_has_torchvisions_parameters_and_the_papers_multiply_accumulates() -> None:
    report = report_of(gallery("resnet18"))
    assert report.params == 11_689_512  # https://docs.pytorch.org/vision/stable/models.html
    assert report.macs == pytest.approx(1.8e9, rel=0.01)  # He et al. 2016, table 1
    assert report.nodes["stage4"].outputs[0].shape == (512, 7, 7)


def test_resnet20_has_the_papers_parameters() -> None:
    model = gallery("resnet20")
    assert round(report_of(model).params / 1e6, 2) == 0.27  # He et al. 2016, table 6
    colored = replace(model, network=model.network.set_layer("image", Input(sizes=(3, 32, 32))))
    assert report_of(colored).params == 272_474  # with projections (option B) and three channels
    assert report_of(colored).nodes["stage3"].outputs[0].shape == (64, 8, 8)
