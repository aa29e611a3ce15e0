"""Texts in windows of characters."""

import numpy as np
import pytest

import resources
from engine.data.dataset import open_data
from engine.data.outside import prepare
from engine.data.sources import Text
from engine.data.spec import Split
from engine.model import Model
from engine.schema.read import read
from engine.schema.write import write
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
    assert complaints(spec(Text("a.txt", length=1, vocabulary="a")), FEW, tmp_path) == [
        "the vocabulary lacks 'b' 'c', first needed for character 1"
    ]


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


PHRASE = "the cat saw the dog and the dog saw\n\n the  cat run"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ("<unknown>", "the", "cat", "dog", "saw", "and", "run")),
        ({"min_count": 2}, ("<unknown>", "the", "cat", "dog", "saw")),
        ({"max_words": 3}, ("<unknown>", "the", "cat")),
        ({"words": ("<unknown>", "run", "cat")}, ("<unknown>", "run", "cat")),
    ],
)
def test_words_are_counted_and_rare_ones_are_unknown(tmp_path, fields, words) -> None:
    (tmp_path / "a.txt").write_text(PHRASE)
    data = open_data(spec(Text("a.txt", tokens="word", length=11, **fields)), FEW, tmp_path)
    assert data.spec.sources[0].rule.words == words
    expected = [words.index(word) if word in words else 0 for word in PHRASE.split()]
    assert all_of(data, "image")[0].tolist() == expected[:-1]
    assert all_of(data, "digit")[0].tolist() == expected[1:]


def test_the_vocabulary_of_words_goes_with_the_run(tmp_path) -> None:
    (tmp_path / "a.txt").write_text(PHRASE)
    settled = open_data(spec(Text("a.txt", tokens="word", length=4)), FEW, tmp_path).spec
    (tmp_path / "a.txt").unlink()
    assert prepare(settled, FEW, "image", "the dog barks").tolist() == [[1, 3, 0]]
    written = write(Model("a", FEW, data=settled))
    assert 'word: "<unknown>"' in written
    assert read(written).model.data == settled


def test_a_text_of_too_few_words_is_told(tmp_path) -> None:
    (tmp_path / "a.txt").write_text(PHRASE)
    told = complaints(spec(Text("a.txt", tokens="word", length=12)), FEW, tmp_path)
    assert told == ["a.txt has 12 words: no window of 12 and one more"]
