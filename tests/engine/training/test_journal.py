"""Files of JSON lines that are written and read at the same time."""

from pathlib import Path

from engine.training.journal import Journal


def test_what_is_appended_is_read_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    assert journal.new() == []
    Journal(journal.path).append({"event": "a"})
    Journal(journal.path).append({"event": "ü"})
    assert journal.new() == [{"event": "a"}, {"event": "ü"}]
    assert journal.new() == []


def test_a_half_written_line_is_left_for_the_next_look(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path)
    path.write_bytes(b'{"event": "a"}\n{"eve')
    assert journal.new() == [{"event": "a"}]
    assert journal.new() == []
    with path.open("ab") as file:
        file.write(b'nt": "b"}\n')
    assert journal.new() == [{"event": "b"}]


def test_a_line_that_a_killed_process_left_is_ended_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event": "a"}\n{"eve')
    Journal(path).mend()
    Journal(path).append({"event": "b"})
    assert Journal(path).new() == [{"event": "a"}, {"event": "b"}]


def test_mending_leaves_whole_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Journal(path).mend()
    assert not path.exists()
    for whole in (b"", b'{"event": "a"}\n'):
        path.write_bytes(whole)
        Journal(path).mend()
        assert path.read_bytes() == whole


def test_commands_of_an_earlier_process_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "commands.jsonl"
    Journal(path).append({"command": "stop"})
    later = Journal.from_now_on(path)
    assert later.new() == []
    Journal(path).append({"command": "pause"})
    assert later.new() == [{"command": "pause"}]


def test_much_is_read_in_parts_of_whole_lines_and_nothing_is_lost(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl")
    entries = [{"event": "progress", "step": step} for step in range(100)]
    for entry in entries:
        journal.append(entry)
    parts = [journal.new(most=500)]
    while journal.is_behind:
        parts.append(journal.new(most=500))
    assert [entry for part in parts for entry in part] == entries
    assert max(map(len, parts)) < 20
    journal.append({"event": "finished"})
    assert journal.new(most=500) == [{"event": "finished"}]
    assert not journal.is_behind
