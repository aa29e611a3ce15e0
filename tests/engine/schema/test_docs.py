"""What the documentation shows is true."""

from pathlib import Path

from engine.findings import findings
from engine.opening import open_model
from engine.schema.read import read
from engine.schema.write import write

PAGE = Path(__file__).parents[3] / "docs" / "schema.md"


def test_the_example_is_sound_and_in_canonical_form(tmp_path: Path) -> None:
    text = PAGE.read_text().split("```\n")[1]
    (tmp_path / "small.txtpb").write_text(text)
    assert write(read(text).model) == text
    assert findings(open_model(tmp_path / "small.txtpb")) == ()
