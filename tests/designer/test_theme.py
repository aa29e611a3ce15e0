"""The look: readable in both themes, worn at once, following the desktop."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

import resources
from designer import theme
from designer.icons import picture
from designer.window import Window
from engine.layers import CATALOGUE, Layer

GROUNDS = ("window", "panel", "raised", "field", "canvas", "hover")


def luminance(color: QColor) -> float:
    """Relative luminance as in WCAG 2.1."""
    parts = [color.redF(), color.greenF(), color.blueF()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: QColor, b: QColor) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("token", ["text", "secondary"])
def test_words_can_be_read_on_every_ground(name: str, ground: str, token: str) -> None:
    chosen = theme.theme(name)
    assert contrast(chosen.color(token), chosen.color(ground)) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("token", ["accent", "good", "warning", "error"])
def test_what_carries_a_meaning_can_be_read_on_panels(name: str, token: str) -> None:
    chosen = theme.theme(name)
    assert contrast(chosen.color(token), chosen.color("panel")) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_words_on_the_accent_can_be_read(name: str) -> None:
    chosen = theme.theme(name)
    assert contrast(chosen.color("on_accent"), chosen.color("accent")) >= 4.5


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_family_of_the_catalogue_has_a_colour_that_stands_out(name: str) -> None:
    chosen = theme.theme(name)
    for name_of_layer in CATALOGUE:
        cls = CATALOGUE.get(name_of_layer)
        assert cls is not None
        assert issubclass(cls, Layer)
        assert cls.FAMILY in chosen.families, cls
    for family, color in chosen.families.items():
        assert contrast(QColor(color), chosen.color("raised")) >= 3, family


def test_both_themes_have_the_same_tokens_and_every_one_of_the_style_sheet(qapp: QApplication) -> None:
    dark, light = theme.theme("dark"), theme.theme("light")
    assert dark.tokens.keys() == light.tokens.keys()
    assert list(dark.families) == list(light.families)
    for chosen in (dark, light):
        assert "$" not in theme.style_sheet(chosen)


@pytest.mark.parametrize("name", sorted(path.stem for path in resources.path("icons", "actions").glob("*.svg")))
def test_every_icon_is_drawn_in_the_colour_it_is_asked_for(qapp: QApplication, name: str) -> None:
    image = picture(name, QColor("#4c9aff"), 20, 4.0).toImage()
    colors = {
        image.pixelColor(x, y).name() for x in range(80) for y in range(80) if image.pixelColor(x, y).alpha() > 250
    }
    assert "#4c9aff" in colors


def test_another_preference_is_worn_at_once_by_everything(window: Window, qapp: QApplication) -> None:
    settings = window.desk.settings
    for name in ("light", "dark", "light"):
        settings.prefer(replace(settings.preferences, theme=name))
        assert window.desk.appearance.theme.name == name
        assert qapp.palette().window().color() == theme.theme(name).color("panel")
        assert window.canvas.board.look.canvas == theme.theme(name).color("canvas")


def test_the_system_theme_is_followed(
    make_window: Callable[[str], Window], store: QSettings, qapp: QApplication
) -> None:
    store.setValue("preferences/theme", "system")
    window = make_window("")
    for scheme, name in ((Qt.ColorScheme.Light, "light"), (Qt.ColorScheme.Dark, "dark")):
        qapp.styleHints().colorSchemeChanged.emit(scheme)
        assert window.desk.appearance.theme.name == name
