"""A node's name is changed wherever a model speaks of it."""

import pytest

from engine.errors import NetwrightError
from engine.naming import check_name, renamed
from engine.schema.read import read

TEXT = """netwright: 1
node { name: "image" input { shape: [4] } }
node { name: "image2" from: "image" dense { units: 3 } weight { same_as: "image" } }
node { name: "loss" from: "image2" from: "image" mean_squared_error { } }
recipe { metric { accuracy { } from: "image2" from: "image" } }
data { feed { node: "image" column: "image" } }
canvas {
  place { node: "image" x: 1 y: 2 }
  reroute { node: "image2" x: 3 y: 4 }
  probe { at: "image:0" }
  probe { at: "image/weight" }
  probe { at: "image2/weight" }
}
"""


def test_every_mention_follows_and_nothing_else() -> None:
    model = read(TEXT).model
    expected = TEXT
    for old, new in (
        ('name: "image"', 'name: "x/y"'),
        ('from: "image"', 'from: "x/y"'),
        ('same_as: "image"', 'same_as: "x/y"'),
        ('node: "image"', 'node: "x/y"'),
        ('at: "image:0"', 'at: "x/y:0"'),
        ('at: "image/weight"', 'at: "x/y/weight"'),
    ):
        expected = expected.replace(old, new)
    assert renamed(model, "image", "x/y") == read(expected).model


def test_a_rename_and_back_is_nothing() -> None:
    model = read(TEXT).model
    assert renamed(renamed(model, "image2", "b"), "b", "image2") == model


@pytest.mark.parametrize("name", ["", "  ", "a:b", "a=b", "a\nb"])
def test_what_the_schema_could_not_tell_apart_is_no_name(name: str) -> None:
    with pytest.raises(NetwrightError):
        check_name(name)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(NetwrightError, match="already"):
        renamed(read(TEXT).model, "image", "loss")
