"""The page of the layers is what the declarations say."""

from pathlib import Path

from engine.layers.page import page

PAGE = Path(__file__).parents[3] / "docs" / "layers.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m engine.layers.page > docs/layers.md"
