"""What a verb wrote on its standard error is brought to a sentence."""

import subprocess

import pytest

from designer.verbs import command_line, complaint_in, last_words


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("", ""),
        ("epoch 1/3  loss 0.5\n", ""),
        ("error: there is no a.npz\n", "there is no a.npz"),
        ("warning: old\nerror: there is no a.npz\n  paths are relative\n", "there is no a.npz – paths are relative"),
        ("error: one\n  mend it\nerror: two\nerror: three\n", "one – mend it (and 2 more)"),
    ],
)
def test_the_first_error_is_told_with_its_hint_and_how_many_there_are(told: str, sentence: str) -> None:
    assert complaint_in(told) == sentence


def test_words_of_another_kind_are_told_by_their_last_line() -> None:
    assert last_words("Traceback …\n  File …\nMemoryError\n\n") == "MemoryError"
    assert last_words("error: no such device\nepoch 1\n") == "no such device"


def test_errors_are_read_as_the_command_line_writes_them() -> None:
    done = subprocess.run(command_line("check", "/nowhere/at-all.txtpb"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/nowhere/at-all.txtpb" in complaint_in(done.stderr)
