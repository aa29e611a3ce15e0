"""Protobuf text format: all of it reads, what is damaged is refused, quickly."""

import math

import pytest
from google.protobuf import struct_pb2, text_format, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from engine.schema import scalars
from engine.schema.text import Entry, Items, Message, Value, parse


def shown(value: Value) -> object:
    """A tree as plain lists and pairs."""
    if isinstance(value, Message):
        return [(entry.name, shown(entry.value)) for entry in value]
    return [shown(item) for item in value] if isinstance(value, Items) else value


def entries(text: str) -> object:
    tree = parse(text)
    assert tree.problems == ()
    return shown(tree.entries)


def test_every_form_of_a_message_reads_as_the_same() -> None:
    forms = [
        "a { b: 1 }",
        "a: { b: 1 }",
        "a < b: 1 >",
        "a: < b: 1 >",
        "a{b:1}",
        "a { b: 1, };",
        "a { b: 1; }",
        "a:\n{\nb\n:\n1}",
    ]
    assert [entries(form) for form in forms] == [[("a", [("b", "1")])]] * len(forms)


def test_lists_hold_scalars_and_messages() -> None:
    assert entries("a: [1, two, 'three'] b [] ".replace("b []", "b: []")) == [("a", ["1", "two", "'three'"]), ("b", [])]
    assert entries("a: [{ b: 1 }, < b: 2 >]") == [("a", [[("b", "1")], [("b", "2")]])]


def test_texts_side_by_side_are_one() -> None:
    (entry,) = parse('a: "one" \'two\'\n # between\n "three" ').entries
    assert scalars.read_text(str(entry.value)) == "onetwothree"


def test_comments_may_stand_between_any_two_tokens() -> None:
    text = "# 1\na # 2\n: # 3\n[ # 4\n1 # 5\n, # 6\n2 # 7\n] # 8\nb # 9\n{ # 10\n} # 11\n# 12"
    tree = parse(text)
    assert shown(tree.entries) == [("a", ["1", "2"]), ("b", [])]
    assert [remark.text for remark in tree.remarks] == [f" {n}" for n in range(1, 13)]


def owners(text: str) -> list[tuple[str, str | None]]:
    return [(remark.text.strip(), remark.owner.name if remark.owner else None) for remark in parse(text).remarks]


def test_a_comment_belongs_to_what_is_before_it_on_its_line_else_to_what_follows() -> None:
    assert owners("# a1\na { # a2\n b: 1 # b1\n # c1\n c: 2\n # a3\n} # a4\n# end") == [
        ("a1", "a"),
        ("a2", "a"),
        ("b1", "b"),
        ("c1", "c"),
        ("a3", "a"),
        ("a4", "a"),
        ("end", None),
    ]


def test_places_are_lines_and_columns_from_one() -> None:
    tree = parse('a: 1\n  b { c: "ü" d: 2 }')
    (_, b) = tree.entries
    assert tree.place(b.offset) == (2, 3)
    assert isinstance(b.value, Message)
    assert tree.place(b.value[1].offset) == (2, 14)


@pytest.mark.parametrize("flood", ["{", "a{", "a:[", "[", '"', "a:", "\\", "#", "<", "a<", "-", "1", "a "])
def test_ten_million_characters_of_nonsense_are_answered_at_once(flood: str) -> None:
    tree = parse(flood * (10_000_000 // len(flood)))
    assert len(tree.problems) == (0 if flood == "#" else 1)
    assert len(tree.entries) == 0


def test_what_stands_before_a_mistake_is_still_there() -> None:
    tree = parse("a: 1 b { c: 2 } d { e: ] }")
    assert shown(tree.entries) == [("a", "1"), ("b", [("c", "2")])]
    assert [(p.line, p.column, p.message) for p in tree.problems] == [(1, 24, "expected a value, found ]")]


@given(st.floats(allow_nan=False))
def test_a_number_reads_back_as_itself_here_and_in_protobuf(value: float) -> None:
    written = scalars.write_float(value)
    assert scalars.read_float(written) == value
    assert math.copysign(1, scalars.read_float(written)) == math.copysign(1, value)
    assert text_format.Parse(f"value: {written}", wrappers_pb2.DoubleValue()).value == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_reads_back_as_itself_here_and_in_protobuf(value: str) -> None:
    written = scalars.write_text(value)
    assert "\n" not in written
    assert scalars.read_text(written) == value
    assert text_format.Parse(f"value: {written}", wrappers_pb2.StringValue()).value == value


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_a_text_that_protobuf_wrote_reads_as_itself(value: str, as_utf8: bool) -> None:
    written = text_format.MessageToString(wrappers_pb2.StringValue(value=value), as_utf8=as_utf8)
    assert scalars.read_text(written.removeprefix("value: ").rstrip("\n") or '""') == value


ESCAPES = [r"\a\b\f\n\r\t\v\\\'\"", r"\0\12\123\x4\x41", r"\u00e4\U0001f600", r"\303\244"]


@pytest.mark.parametrize("body", ESCAPES)
@pytest.mark.parametrize("quote", "'\"")
def test_escapes_mean_what_they_mean_in_protobuf(body: str, quote: str) -> None:
    token = f"{quote}{body}{quote}"
    assert scalars.read_text(token) == text_format.Parse(f"value: {token}", wrappers_pb2.StringValue()).value


@pytest.mark.parametrize("token", ["0", "-0", "17", "-17", "0x1F", "-0x1f", "017", "-017"])
def test_whole_numbers_mean_what_they_mean_in_protobuf(token: str) -> None:
    assert scalars.read_int(token) == text_format.Parse(f"value: {token}", wrappers_pb2.Int64Value()).value


def test_a_question_mark_may_be_escaped() -> None:
    assert scalars.read_text(r'"\?"') == "?"


NUMBERS = [
    "1.5f",
    "1F",
    ".5",
    "5.",
    "1e3",
    "1E-3f",
    "-1.5",
    "inf",
    "-inf",
    "infinity",
    "-Infinity",
    "inff",
    "0x10",
    "010",
]


@pytest.mark.parametrize("token", NUMBERS)
def test_numbers_mean_what_they_mean_in_protobuf(token: str) -> None:
    if token in ("0x10", "010"):  # of a real number protobuf reads these as whole numbers or not at all
        assert scalars.read_float(token) == int(token, 16 if "x" in token else 8)
        return
    assert scalars.read_float(token) == text_format.Parse(f"value: {token}", wrappers_pb2.DoubleValue()).value


def test_no_number_is_a_number_too() -> None:
    assert math.isnan(scalars.read_float("nan"))
    assert math.isnan(scalars.read_float("-nan"))


@pytest.mark.parametrize("token", ["1.5", "ten", "08", "1e3", '"1"', "0x", "--1", "9" * 5000])
def test_what_is_no_whole_number_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        scalars.read_int(token)


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1), JSONS, max_size=3), st.booleans())
def test_deep_messages_that_protobuf_wrote_read_as_the_same(value: dict[str, object], one_line: bool) -> None:
    struct = struct_pb2.Struct()
    struct.update(value)
    tree = parse(text_format.MessageToString(struct, as_one_line=one_line))
    assert tree.problems == ()
    assert count(tree.entries) == len(
        struct.fields and text_format.MessageToString(struct).rstrip("\n").split("\n")
    ) - closings(struct)


def count(entries: list[Entry]) -> int:
    return sum(1 + (count(entry.value) if isinstance(entry.value, Message) else 0) for entry in entries)


def closings(struct: struct_pb2.Struct) -> int:
    return sum(line.strip() == "}" for line in text_format.MessageToString(struct).rstrip("\n").split("\n"))
