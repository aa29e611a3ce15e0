"""Text → model → text: nothing is lost, and the same model has the same bytes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resources
from engine.layers.unknown import Unknown
from engine.model import Model
from engine.network import Network
from engine.node import Node
from engine.schema.read import read
from engine.schema.write import write, write_node
from tests.engine.schema.models import models, nodes

GRAMMAR = Path(__file__).parents[4] / "shared" / "schema.md"
GALLERY = sorted(resources.path("gallery").glob("*.txtpb"))


def grammar() -> str:
    """The block of the grammar's page that shows every construct once."""
    if not GRAMMAR.exists():
        pytest.skip("the page with the grammar is kept outside the repository")
    return GRAMMAR.read_text().split("```\n")[1]


@given(models())
@settings(max_examples=60)
def test_every_model_reads_back_as_the_same_model_and_the_same_bytes(model: Model) -> None:
    text = write(model)
    back = read(text).model
    assert write(back) == text
    assert without_counts(back) == without_counts(model)


def without_counts(model: Model) -> str:
    """All values; a layer that is not in the catalogue has as many outputs as the wires of the text say."""
    return re.sub(r"count=\d+", "", repr(model)) if kept(model) else repr(model)


def kept(model: Model) -> bool:
    return any(isinstance(node.layer, Unknown) and node.layer.format == "netwright" for node in model.network.nodes)


def test_the_grammars_own_example_reads_and_is_written_back_without_loss() -> None:
    reading = read(grammar())
    text = write(reading.model)
    again = read(text)
    assert again.model == reading.model
    assert write(again.model) == text
    assert [p.severity for p in reading.problems] == ["warning"] * len(reading.problems)


def test_every_comment_of_the_grammars_example_is_still_there_once() -> None:
    text = grammar()
    comments = [line.split("# ", 1)[1] for line in text.splitlines() if "# " in line]
    written = write(read(text).model)
    assert len(comments) > 10
    assert [written.count(comment) for comment in comments] == [1] * len(comments)


def test_layers_that_are_missing_from_the_catalogue_stay_as_they_stand() -> None:
    text = 'netwright: 1\n\nnode { name: "a" from: "b:2" whirl { turns: 3 by { hand: true } } }\n'
    reading = read(text)
    assert [(p.severity, p.node) for p in reading.problems] == [("warning", "a")]
    assert reading.model.network["a"].layer == Unknown(type="whirl", text="turns: 3 by { hand: true }")
    assert write(reading.model) == text


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_the_gallery_is_in_canonical_form(path: Path) -> None:
    text = path.read_text()
    assert write(read(text).model) == text


BARE = """\
netwright: 1
name: "bare"

node { name: "x" input { shape: [1, 28, 28] } }
node {
  name: "conv"
  from: "x"
  conv2d { filters: 20 kernel: [5, 3] auto_pad: same }
  weight { name: "weight" learning_rate: 2 init { xavier { } } }
}

block {
  name: "pair"
  parameter { name: "n" int: 3 }
  node { name: "in" from: "x" relu { } }
}

recipe {
  optimizer { adam { } }
  metric { accuracy { } from: "a" from: "b" }
}

data {
  source { npz { path: "bundled:digits.npz" } }
  feed { node: "x" label: "zero" label: "one" }
}

sweep { field: "recipe.batch_size" linear { from: 8 to: 64 } }

canvas {
  place { node: "x" x: 3 }
}
"""
GAPS = [match.span() for match in re.finditer(r"\s+", BARE)]


def test_the_text_that_comments_are_strewn_into_is_canonical() -> None:
    assert write(read(BARE).model) == BARE


@given(st.lists(st.tuples(st.sampled_from(GAPS), st.booleans()), max_size=12, unique_by=lambda gap: gap[0]))
def test_a_comment_anywhere_is_found_again_once(gaps: list[tuple[tuple[int, int], bool]]) -> None:
    text = BARE
    for number, ((start, end), own_line) in enumerate(sorted(gaps, reverse=True)):
        text = f"{text[:start]}{chr(10) if own_line else ' '}# c{number}{chr(10)}{text[start:end]}{text[end:]}"
    written = write(read(text).model)
    assert sorted(re.findall(r"# c(\d+)$", written, re.MULTILINE), key=int) == [str(n) for n in range(len(gaps))]
    assert write(read(written).model) == written
    assert re.sub(r" *#.*\n", "", written).rstrip() == BARE.rstrip()


@given(st.lists(nodes(), min_size=1, max_size=5), st.data())
@settings(max_examples=30)
def test_a_change_of_one_node_leaves_the_lines_of_the_others(drawn: list[Node], data: st.DataObject) -> None:
    before = Model(network=Network(tuple(drawn)))
    place = data.draw(st.integers(0, len(drawn) - 1))
    changed = (*drawn[:place], replace(drawn[place], state="muted", note="another"), *drawn[place + 1 :])
    after = write(replace(before, network=Network(changed)))
    assert after == write(before).replace(*(write_node(node) for node in (drawn[place], changed[place])), 1) or any(
        write_node(node) in write_node(drawn[place]) for node in drawn[:place]
    )
