"""The printed .proto: google.protobuf accepts it, and reads our files by it as we do."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from google.protobuf import message, text_format
from hypothesis import assume, given, settings

import resources
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.schema.proto import proto
from engine.schema.read import read
from engine.schema.write import write
from tests.engine.schema.descriptors import message_class
from tests.engine.schema.models import models
from tests.engine.schema.test_round_trip import BARE, grammar

GALLERY = sorted(resources.path("gallery").glob("*.txtpb"))


@cache
def model_class() -> type[message.Message]:
    return message_class(proto(), "Model")


def through_protobuf(text: str, **form: bool) -> str:
    """The text as google.protobuf prints it, after reading it by the printed .proto."""
    return text_format.MessageToString(text_format.Parse(text, model_class()()), **form)


def without_strangers(model: Model) -> Model:
    """Without layers that the catalogue does not have: a .proto cannot name them. Comments are nothing to protobuf."""
    nodes = tuple(node for node in model.network.nodes if not isinstance(node.layer, Unknown))
    return replace(model, network=Network(nodes, model.network.blocks), head="", tail="")


def test_protobuf_reads_a_schema_and_we_read_what_it_prints() -> None:
    assert write(read(through_protobuf(BARE)).model) == BARE


def test_protobuf_knows_every_construct_of_the_grammar() -> None:
    model = without_strangers(read(grammar()).model)
    text = write(model)
    assert len(model.network.nodes) > 10
    assert uncommented(write(read(through_protobuf(text)).model)) == uncommented(text)


def uncommented(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))


@given(models())
@settings(max_examples=25)
def test_protobuf_reads_every_model_as_we_do(model: Model) -> None:
    text = write(read(uncommented(write(without_strangers(model)))).model)
    assume(": []" not in text)  # an empty list in place of a default one is an absent one to protobuf
    assert write(read(through_protobuf(text, as_utf8=True)).model) == text


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_protobuf_reads_the_gallery_as_we_do(path: Path) -> None:
    text = path.read_text()
    again = write(read(through_protobuf(text, as_one_line=True)).model)
    assert uncommented(again) == uncommented(text)


def test_protobuf_has_our_defaults() -> None:
    parsed = text_format.Parse(BARE, model_class()())
    (conv,) = [node.conv2d for node in parsed.node if node.HasField("conv2d")]
    assert list(conv.kernel) == [5, 3]
    assert conv.filters == 20
    assert conv.bias is True
    assert parsed.recipe.batch_size == 64
