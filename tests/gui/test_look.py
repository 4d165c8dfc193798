"""Colours, icons, words: what holds for every widget."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from sipview.gui import icons, tokens, wording
from sipview.gui.actions import ACTIONS, MENUS, TOOLBAR, Entry
from sipview.gui.preferences import Preferences, RecentCapture
from sipview.gui.theme import Theme, ThemeChoice, palette, stylesheet
from sipview.gui.tokens import DARK, GROUNDS, LIGHT, TEXTS, Colours, packet_ground
from sipview.index import Protocol

ICONS = Path(__file__).parents[2] / "resources" / "icons"
THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_readable_on_every_ground(colours: Colours, ground: str, text: str) -> None:
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize("protocol", Protocol)
def test_packets_are_readable_in_their_colours(colours: Colours, protocol: Protocol) -> None:
    assert contrast(colours.text, packet_ground(protocol, colours)) >= 4.5


@THEMES
def test_buttons_and_focus_stand_out(colours: Colours) -> None:
    assert contrast(colours.on_accent, colours.accent_fill) >= 4.5
    for ground in ("ground", "panel", "raised"):
        assert contrast(colours.focus, getattr(colours, ground)) >= 3  # WCAG 2.1, 1.4.11


@THEMES
@pytest.mark.parametrize("ground", ["ground", "panel", "raised"])
def test_fields_stand_out_by_their_edges(colours: Colours, ground: str) -> None:
    for edge in (colours.edge, colours.muted):  # of fields and choice boxes; of boxes to tick
        assert contrast(edge, getattr(colours, ground)) >= 3  # WCAG 2.1, 1.4.11


@THEMES
def test_stylesheet_knows_all_its_colours(colours: Colours) -> None:
    assert "$" not in stylesheet(colours)


def test_choosing_a_theme_dresses_the_application(theme: Theme, qapp: QApplication, qtbot: object) -> None:
    theme.choose(ThemeChoice.DARK)
    assert theme.colours is DARK
    assert qapp.palette().color(QPalette.ColorRole.Base) == QColor(DARK.ground)
    theme.choose(ThemeChoice.LIGHT)
    assert theme.colours is LIGHT
    assert qapp.palette().color(QPalette.ColorRole.Base) == QColor(LIGHT.ground)
    assert palette(LIGHT).color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text) != QColor(LIGHT.text)


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_icons_are_one_set(path: Path) -> None:
    drawing = ET.fromstring(path.read_text())
    assert drawing.get("viewBox") == "0 0 24 24"
    if path.stem != "sipview":
        assert drawing.get("stroke") == icons.PLACEHOLDER
        inks = {part.get(kind) for part in drawing.iter() for kind in ("stroke", "fill")}
        assert inks <= {None, "none", icons.PLACEHOLDER}


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0, 3.0])
def test_icons_take_the_themes_colour_and_the_screens_scale(ratio: float) -> None:
    drawn = icons.pixmap("mark-success", "#0a0b0c", 16, ratio)
    image = drawn.toImage()
    assert image.width() == round(16 * ratio)
    assert image.pixelColor(image.width() // 2, image.height() // 2) == QColor("#0a0b0c")


def ids_in(entries: tuple[Entry, ...]) -> set[str]:
    ids: set[str] = set()
    for entry in entries:
        if isinstance(entry, tuple):
            ids |= set(entry[1])
        elif entry is not None and not entry.startswith("@"):
            ids.add(entry)
    return ids


def test_every_action_is_in_a_menu_and_every_key_has_one_meaning() -> None:
    known = [row.id for row in ACTIONS]
    assert len(known) == len(set(known))
    assert {action_id for entries in MENUS.values() for action_id in ids_in(entries)} == set(known)
    assert {action_id for action_id in TOOLBAR if action_id} <= set(known)
    keys = [key for row in ACTIONS for key in row.keys]
    assert len(keys) == len(set(keys))
    for row in ACTIONS:
        assert row.tip
        assert not row.icon or (ICONS / f"{row.icon}.svg").exists()


def test_tooltips_show_markup_as_text() -> None:
    assert "<b>" not in wording.tip("<b>bold</b> & <img src='file:///etc/passwd'>")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp;" in wording.tip("<b>bold</b> & <img>")
    assert len(wording.tip("x" * 60_000)) < 3000
    assert "60,000 characters" in wording.tip("x" * 60_000)


def test_cells_have_an_end_and_nothing_in_them_acts() -> None:
    assert len(wording.cell("9" * 60_000)) <= 200
    assert wording.cell("a\u202eb\x00c\nd") == "a<U+202E>b␀c␊d"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (460_000_000, "460.0 MB"), (10**13, "10,000.0 GB")],
)
def test_sizes_are_for_people(count: int, words: str) -> None:
    assert wording.size(count) == words


def test_counted_has_singular_and_plural() -> None:
    assert [wording.counted(n, "call") for n in (0, 1, 1328)] == ["0 calls", "1 call", "1,328 calls"]


@pytest.mark.parametrize("time_ns", [-(10**18), 0, 1_700_000_000 * 10**9, 2**63 - 1])
def test_any_time_has_a_text(time_ns: int) -> None:
    assert len(wording.clock(time_ns)) == 8
    assert wording.day_and_clock(time_ns)


def test_rubbish_in_the_settings_reads_as_defaults(tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "rubbish.ini"), QSettings.Format.IniFormat)
    for key in ("theme", "ladder/time", "ladder/ports-apart", "recent", "state/window"):
        settings.setValue(key, "[{]")
    preferences = Preferences(settings)
    assert preferences.theme is ThemeChoice.SYSTEM
    assert preferences.time_mode == "start"
    assert preferences.ports_apart is False
    assert preferences.recent() == ()
    assert preferences.state("window").isEmpty()


def test_recent_captures_are_kept_once_the_latest_first(preferences: Preferences) -> None:
    for number in range(20):
        preferences.remember_capture(RecentCapture(f"/captures/{number}.pcap", float(number), number, 0))
    preferences.remember_capture(RecentCapture("/captures/15.pcap", 99.0, 7, 8))
    recent = preferences.recent()
    assert len(recent) == 12
    assert recent[0] == RecentCapture("/captures/15.pcap", 99.0, 7, 8)
    assert [capture.name for capture in recent].count("15.pcap") == 1
    preferences.forget_capture("/captures/15.pcap")
    assert preferences.recent()[0].name == "19.pcap"
    preferences.forget_captures()
    assert preferences.recent() == ()


def test_tones_have_a_mark_and_a_colour() -> None:
    for tone in tokens.Tone:
        assert tone is tokens.Tone.PLAIN or (ICONS / f"mark-{tone.value}.svg").exists()
        assert LIGHT.tone(tone) != DARK.tone(tone)
