"""Damaged files, each with the exact message that it must give."""

from pathlib import Path

import pytest

from engine.errors import Problem, SchemaError
from engine.schema.files import load

BROKEN = Path(__file__).parents[2] / "samples" / "broken"


def told(problem: Problem) -> str:
    where = f"{problem.line}:{problem.column}: {problem.severity}: "
    node = f"{problem.node}: " if problem.node else ""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{where}{node}{problem.message}{hint}"


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.txtpb")), ids=lambda path: path.stem)
def test_a_damaged_file_gives_its_message(path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        load(path)
    assert [told(problem) for problem in caught.value.problems] == path.with_suffix(
        ".expected"
    ).read_text().splitlines()
    first = caught.value.problems[0]
    assert str(caught.value) == f"{path}:{first.line}:{first.column}: {first.message}"


def test_there_are_damaged_files() -> None:
    assert len(list(BROKEN.glob("*.txtpb"))) > 20
