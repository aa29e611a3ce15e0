"""Reading: defaults, places and what the grammar's page promises."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Problem, SchemaError
from engine.layers.convolution import Conv2D
from engine.model import Model
from engine.node import Link
from engine.schema.read import read
from engine.schema.text import DEPTH
from engine.schema.write import write


def model_of(text: str):
    return read(f"netwright: 1\n{text}").model


def test_one_number_stands_for_every_axis() -> None:
    network = model_of('node { name: "a" conv2d { kernel: 5 padding: [1, 2] stride: 2 stride: 3 } }').network
    assert network["a"].layer == Conv2D(kernel=(5, 5), padding=(1, 2, 1, 2), stride=(2, 3))


def test_a_list_and_repeated_fields_are_the_same() -> None:
    assert model_of('node { name: "a" reshape { shape: [3, -1] } }') == model_of(
        'node { name: "a" reshape { shape: 3 shape: -1 } }'
    )


def test_an_absent_section_is_the_default() -> None:
    assert model_of("") == model_of("recipe { } data { } canvas { }")


def test_links_name_slot_node_and_output() -> None:
    node = model_of('node { name: "a" from: "b" from: "mask=a/b:2" add { } }').network["a"]
    assert node.inputs == (Link("b"), Link("a/b", 2, "mask"))


def test_every_node_and_field_has_its_place() -> None:
    reading = read(
        'netwright: 1\n\nnode {\n  name: "a"\n  dense { units: 3 }\n}\n'
        'block { name: "b"\n node { name: "inner" relu { } }\n}\n'
    )
    assert reading.places["a"] == (3, 1)
    assert reading.places["a", "dense"] == (5, 3)
    assert reading.places["a", "units"] == (5, 11)
    assert reading.places["b/inner"] == (8, 2)


def test_a_layer_that_is_not_known_has_as_many_outputs_as_are_used() -> None:
    model = model_of('node { name: "a" cut { } }\nnode { name: "b" from: "a:2" relu { } }')
    assert model.network["a"].layer.count == 3


def test_comments_at_head_and_end_stay_there() -> None:
    text = '# licence\n#\n# about\nnetwright: 1\n\n# of the node\nnode { name: "a" relu { } }\n\n# the end\n'
    model = read(text).model
    assert (model.head, model.network["a"].note, model.tail) == ("licence\n\nabout", "of the node", "the end")
    assert write(model) == text


def test_a_gap_between_comments_stays() -> None:
    assert model_of('# one\n\n# two\nnode { name: "a" relu { } }').network["a"].note == "one\n\ntwo"


@pytest.mark.parametrize("text", ["{" * 10_000_000, "netwright: 1 " + "node { " * 1_000_000])
def test_a_flood_of_braces_is_refused(text: str) -> None:
    with pytest.raises(SchemaError, match=f"first field|expected|more than {DEPTH}"):
        read(text)


def test_carriage_returns_and_a_byte_order_mark_do_no_harm(tmp_path) -> None:
    from engine.schema.files import load

    path = tmp_path / "windows.txtpb"
    path.write_bytes(b'\xef\xbb\xbfnetwright: 1\r\n# note\r\nname: "a"\r\n')
    assert load(path).model.name == "a"
    assert load(path).model.head == "note"


SOUND = """\
netwright: 1
node { name: "a" from: "b:1" conv2d { filters: 3 kernel: [5, 3] } state: muted }
recipe { epochs: 2 }
"""
MARKS = st.text('{}<>[]:;,"\\#.-x0\n ', max_size=4)


@given(st.lists(st.tuples(st.integers(0, len(SOUND)), st.integers(0, 6), MARKS), max_size=4))
@settings(max_examples=300)
def test_whatever_is_done_to_a_text_it_reads_or_says_why_not(edits: list[tuple[int, int, str]]) -> None:
    text = SOUND
    for place, gone, new in edits:
        text = text[:place] + new + text[place + gone :]
    model, problems = tried(text)
    assert all(problem.message and problem.line and problem.column for problem in problems)
    assert problems or tried(write(model)) == (model, ())


def tried(text: str) -> tuple[Model, tuple[Problem, ...]]:
    """The model; or none, and why."""
    try:
        return read(text).model, ()
    except SchemaError as error:
        return Model(), error.problems
