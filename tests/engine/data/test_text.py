"""Texts in windows of characters."""

import numpy as np
import pytest

import resources
from engine.data.dataset import open_data
from engine.data.sources import Text
from engine.data.spec import Split
from tests.engine.data.made import all_of, complaints, letters, spec

FEW = letters()


def test_every_window_is_followed_by_itself_one_character_on(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("abcabcab")
    data = open_data(spec(Text("a.txt", length=3)), FEW, tmp_path)
    assert all_of(data, "image").tolist() == [[0, 1, 2], [0, 1, 2]]
    assert all_of(data, "digit").tolist() == [[1, 2, 0], [1, 2, 0]]
    assert data.labels["digit"] == ("a", "b", "c")


def test_the_windows_of_persuasion_are_the_novel() -> None:
    novel = resources.path("data", "persuasion.txt").read_text(encoding="utf-8")
    data = open_data(spec(Text("bundled:persuasion.txt", length=100)), FEW)
    names = np.array(data.labels["digit"])
    assert "".join(names[all_of(data, "image").ravel()]) == novel[: len(novel) // 100 * 100]
    assert "".join(names[all_of(data, "digit").ravel()]) == novel[1 : len(novel) // 100 * 100 + 1]


def test_a_given_vocabulary_says_the_order(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("abcab")
    data = open_data(spec(Text("a.txt", length=2, vocabulary="cba")), FEW, tmp_path)
    assert all_of(data, "image").tolist() == [[2, 1], [0, 2]]


def test_characters_beyond_the_vocabulary_are_named(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    assert complaints(spec(Text("a.txt", length=1, vocabulary="a")), FEW, tmp_path) == ["the vocabulary lacks 'b' 'c'"]


def test_the_vocabulary_found_is_written_down(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("banana")
    data = open_data(spec(Text("a.txt", length=2)), FEW, tmp_path)
    assert data.spec.sources[0].rule.vocabulary == "abn"


@pytest.mark.parametrize("stride", [0, 1, 3, 5])
def test_a_split_cuts_the_text_and_no_character_is_in_two_parts(tmp_path, stride) -> None:
    (tmp_path / "a.txt").write_text("".join(map(chr, range(200, 400))))
    drawn = letters(200)
    source = Text("a.txt", length=5, stride=stride)
    data = open_data(spec(source, split=Split(validation=0.2, test=0.1)), drawn, tmp_path)
    train, validation, test = (all_of(data, "digit", part) for part in ("train", "validation", "test"))
    assert train.max() < validation.min()
    assert validation.max() < test.min()
    assert len(train) > 3 * len(validation) > 3 * len(test) > 0


def test_a_text_shorter_than_a_window_is_told(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    found = complaints(spec(Text("a.txt", length=3)), FEW, tmp_path)
    assert found == ["a.txt has 3 characters: no window of 3 and one more"]


def test_a_file_that_is_not_utf_8_is_told(tmp_path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9 au lait")
    (found,) = complaints(spec(Text("a.txt", length=3)), FEW, tmp_path)
    assert found.startswith("a.txt is not a text in UTF-8")
