"""An edit touches only its own lines of the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.pieces import carried, changes, pieces

TEXT = """# head
netwright: 1
name: "x"

# the picture
node { name: "image" input { shape: [1, 8, 8] } }
node {
  name: "conv1" from: "image"
  conv2d { filters: 3 }
}

recipe {
  epochs: 2
}

# tail
"""


def applied(text: str, edits: list[tuple[int, int, str]]) -> str:
    for offset, length, new in edits:
        text = text[:offset] + new + text[offset + length :]
    return text


def test_the_pieces_joined_are_the_text() -> None:
    assert "".join(piece.text for piece in pieces(TEXT)) == TEXT


def test_every_node_is_a_piece_with_the_comment_above_it() -> None:
    found = {piece.node: piece for piece in pieces(TEXT) if piece.node}
    assert list(found) == ["image", "conv1"]
    assert found["image"].text.startswith("\n# the picture\nnode")
    assert TEXT[found["image"].start :].startswith('node { name: "image"')
    assert TEXT[found["conv1"].start : found["conv1"].end].rstrip().endswith("}")


@given(st.text(st.sampled_from('ab{}:"#\n node'), max_size=60))
def test_any_text_is_the_sum_of_its_pieces(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


def test_only_the_changed_node_takes_the_canonical_form() -> None:
    typed = TEXT.replace("[1, 8, 8]", "[1,8,8]  # small").replace("epochs: 2", "epochs:   2")
    after = TEXT.replace("filters: 3", "filters: 4")
    assert carried(typed, TEXT, after) == typed.replace("filters: 3", "filters: 4")


def test_a_node_that_is_gone_goes_and_a_new_one_comes_where_it_belongs() -> None:
    typed = TEXT.replace("epochs: 2", "epochs:   2")
    node = 'node { name: "image" input { shape: [1, 8, 8] } }\n'
    after = TEXT.replace(node, 'node { name: "new" }\n')
    assert carried(typed, TEXT, after) == typed.replace(node, 'node { name: "new" }\n')


def test_what_only_the_text_has_stays_where_it_was() -> None:
    typed = TEXT.replace("\nrecipe", 'node { name: "half" conv\n\nrecipe')
    after = TEXT.replace("filters: 3", "filters: 4")
    assert 'filters: 4 }\n}\nnode { name: "half" conv\n' in carried(typed, TEXT, after)


@given(st.lists(st.sampled_from("abcdef")), st.lists(st.sampled_from("abcdef")))
def test_the_changes_lead_from_one_text_to_the_other(old: list[str], new: list[str]) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    assert applied(before, changes(before, after)) == after


@pytest.mark.parametrize("place", ["filters: 3", "epochs: 2", '"x"'])
def test_one_changed_line_is_one_change_of_that_line(place: str) -> None:
    after = TEXT.replace(place, place[:-1] + "9")
    (change,) = changes(TEXT, after)
    assert TEXT[change[0] : change[0] + change[1]].count("\n") == 1
