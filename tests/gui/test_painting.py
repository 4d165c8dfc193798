"""Pictures as Qt paints them: colours where they belong, and each painter the same."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter

from sipview.export.fonts import FontTableMeasure
from sipview.export.palette import DARK, LIGHT, PRINT, Palette
from sipview.export.saving import ExportError, save_ladder
from sipview.gui.painting import LadderFonts, QtTextMeasure, paint_header, paint_picture
from sipview.gui.picture_files import QtPicturePainter, application_without_window
from sipview.ladder import LadderOptions, LadderPicture, Role, TextStyle, lay_out
from tests.support.ladders import Script, call_through_pbx
from tests.support.needs import require_tool


@pytest.fixture
def fonts(qapp: QGuiApplication) -> LadderFonts:
    return LadderFonts()


@pytest.fixture
def painter(fonts: LadderFonts) -> QtPicturePainter:
    return QtPicturePainter(fonts)


@pytest.fixture
def picture(fonts: LadderFonts) -> LadderPicture:
    options = LadderOptions(title="1001 calls 1002", subtitle="call.pcap", lane_names={"10.1.1.1": "PBX"})
    return lay_out(call_through_pbx(), options, QtTextMeasure(fonts))


def keep_alives(count: int) -> Script:
    script = Script()
    for number in range(count):
        script.request(0.01 * number, "a", "b", "OPTIONS", transaction=number)
    return script


def near(colour: QColor, expected: str, tolerance: int = 90) -> bool:
    """Antialiasing mixes the colour of a line with the paper's, so the strongest pixel of a neighbourhood is near it only."""
    wanted = QColor(expected)
    pairs = ((colour.red(), wanted.red()), (colour.green(), wanted.green()), (colour.blue(), wanted.blue()))
    return sum(abs(one - other) for one, other in pairs) <= tolerance


def is_around(image: QImage, x: float, y: float, colour: str) -> bool:
    """Whether that colour is within a pixel of the place."""
    return any(near(image.pixelColor(round(x) + dx, round(y) + dy), colour) for dx in (-1, 0, 1) for dy in (-1, 0, 1))


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("palette", [LIGHT, DARK, PRINT], ids=lambda palette: palette.name)
def test_png(tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter, palette: Palette, scale: float) -> None:
    assert save_ladder(picture, tmp_path / "ladder.png", painter, palette=palette, scale=scale) == ""
    image = QImage(str(tmp_path / "ladder.png"))
    assert (image.width(), image.height()) == (picture.width * scale, (picture.heading_height + picture.height) * scale)
    assert image.dotsPerMeterX() == pytest.approx(96 * scale / 0.0254, abs=1)
    assert image.pixelColor(2, 2) == QColor(palette[Role.PAPER])
    top = picture.heading_height
    for arrow in picture.arrows:
        head = arrow.x2 + (5 if arrow.x1 > arrow.x2 else -5)
        assert is_around(image, head * scale, (top + arrow.y) * scale, palette[arrow.role])
    lane = picture.lanes[0]
    assert image.pixelColor(round((lane.left + 10) * scale), round((top + 14) * scale)) == QColor(palette[Role.LANE_FILL])


def test_solid_and_dashed_lines_differ_without_colour(
    tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter
) -> None:
    save_ladder(picture, tmp_path / "ladder.png", painter)
    image = QImage(str(tmp_path / "ladder.png"))
    for arrow in picture.arrows[:5]:
        left, right = sorted((arrow.x1, arrow.x2))
        y = round(picture.heading_height + arrow.y - 0.5)
        row = [image.pixelColor(x, y).lightness() > 240 for x in range(round(left) + 15, round(right) - 15)]
        assert any(row) is arrow.dashed


def test_a_ladder_of_2000_messages_is_one_whole_png(tmp_path: Path, fonts: LadderFonts, painter: QtPicturePainter) -> None:
    picture = lay_out(keep_alives(2000).events, LadderOptions(), QtTextMeasure(fonts))
    assert picture.height > 32_767
    remark = save_ladder(picture, tmp_path / "long.png", painter, scale=2.0)
    assert "1.1 times its size and not at 2 times" in remark
    image = QImage(str(tmp_path / "long.png"))
    scale = image.height() / picture.height
    assert scale > 1
    for number in (0, 999, 1500, 1999):
        arrow = picture.arrows[number]
        assert is_around(image, (arrow.x2 - 5) * scale, arrow.y * scale, LIGHT[arrow.role])


def test_a_ladder_too_long_for_image_programs_is_refused(tmp_path: Path, fonts: LadderFonts, painter: QtPicturePainter) -> None:
    picture = lay_out(keep_alives(10_000).events, LadderOptions(), QtTextMeasure(fonts))
    with pytest.raises(ExportError, match=r"10,000 messages .* Save it as PDF, SVG or text"):
        save_ladder(picture, tmp_path / "long.png", painter)
    assert list(tmp_path.iterdir()) == []


def test_parts_painted_one_by_one_are_the_whole(picture: LadderPicture, fonts: LadderFonts) -> None:
    def painted(strips: list[QRectF]) -> QImage:
        image = QImage(int(picture.width), int(picture.height), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        for strip in strips:
            painter.setClipRect(strip)
            paint_picture(painter, picture, LIGHT, strip, fonts)
        painter.end()
        return image

    edges = [0.0, 100.0, 211.0, 212.0, 377.0, picture.height]
    whole = painted([QRectF(0, 0, picture.width, picture.height)])
    parts = painted([QRectF(0, top, picture.width, bottom - top) for top, bottom in pairwise(edges)])
    assert whole == parts


def test_the_chosen_message_is_marked(picture: LadderPicture, fonts: LadderFonts) -> None:
    image = QImage(int(picture.width), int(picture.height), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_picture(painter, picture, LIGHT, QRectF(image.rect()), fonts, selected={3})
    painter.end()
    for arrow in picture.arrows:
        ground = image.pixelColor(int(picture.width) - 12, round((arrow.top + arrow.bottom) / 2))
        assert ground == QColor(LIGHT[Role.SELECTION if arrow.position == 3 else Role.PAPER])


def test_the_header_is_painted_for_the_lanes_in_sight(fonts: LadderFonts) -> None:
    script = Script()
    for number in range(30):
        script.request(number, f"10.0.0.{number}", f"10.0.0.{number + 1}", "INVITE 1")
    picture = lay_out(script.events, LadderOptions(), QtTextMeasure(fonts))
    lane = picture.lanes[20]
    image = QImage(600, int(picture.header_height), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    left = lane.left - 100
    painter.translate(-left, 0)
    paint_header(painter, picture, DARK, QRectF(left, 0, 600, picture.header_height), fonts)
    painter.end()
    assert image.pixelColor(110, 14) == QColor(DARK[Role.LANE_FILL])
    assert image.pixelColor(95, 14) == QColor(DARK[Role.PAPER])


def pdf_text(path: Path) -> list[str]:
    """The text of each page."""
    pdftotext = require_tool("pdftotext")
    done = subprocess.run([pdftotext, "-layout", str(path), "-"], capture_output=True, check=True, text=True)
    return done.stdout.removesuffix("\f").split("\f")


def test_pdf_of_a_short_call_is_one_sheet(tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter) -> None:
    save_ladder(picture, tmp_path / "call.pdf", painter)
    (page,) = pdf_text(tmp_path / "call.pdf")
    for text in ("1001 calls 1002", "PBX", "10.1.1.1:5060", "401 Unauthorized", "6.3 s", "page 1 of 1"):
        assert text in page
    assert page.count("180 Ringing") == 2


def test_pdf_of_a_long_ladder_has_lane_boxes_and_number_on_every_page(
    tmp_path: Path, fonts: LadderFonts, painter: QtPicturePainter
) -> None:
    options = LadderOptions(title="Keep-alives", lane_names={"a": "Registrar"})
    save_ladder(lay_out(keep_alives(200).events, options, QtTextMeasure(fonts)), tmp_path / "long.pdf", painter)
    pages = pdf_text(tmp_path / "long.pdf")
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in page
        assert "Registrar" in page
        assert "Keep-alives" in page
    assert sum(page.count("OPTIONS") for page in pages) == 200


def test_pdf_sheets_are_a4(tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter) -> None:
    save_ladder(picture, tmp_path / "call.pdf", painter)
    pdfinfo = shutil.which("pdfinfo") or require_tool("pdfinfo")
    said = subprocess.run([pdfinfo, str(tmp_path / "call.pdf")], capture_output=True, check=True, text=True).stdout
    assert "842 x 595 pts (A4)" in said
    assert "1001 calls 1002" in said


def test_a_pdf_that_cannot_be_written_says_so(tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter) -> None:
    with pytest.raises(ExportError, match="could not be written: No such file"):
        save_ladder(picture, tmp_path / "nowhere" / "ladder.pdf", painter)
    with pytest.raises(ExportError, match="could not be written: No such file"):
        save_ladder(picture, tmp_path / "nowhere" / "ladder.png", painter)


@contextmanager
def small_files() -> Iterator[None]:
    """No file may grow beyond 4 KiB meanwhile, as on a disk that is full then. The log of the tests may be a file, too."""
    resource = pytest.importorskip("resource", reason="limits of a process as POSIX has them")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["ladder.pdf", "ladder.png"])
def test_a_picture_that_the_disk_cannot_hold_is_told_with_the_reason_and_nothing_stays(
    tmp_path: Path, picture: LadderPicture, painter: QtPicturePainter, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with small_files(), pytest.raises(ExportError, match=rf"{name} could not be written: File too large\.$"):
        save_ladder(picture, tmp_path / name, painter)
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")  # libpng would complain there by itself


def test_the_width_table_is_that_of_dejavu_sans_and_never_too_narrow(qapp: QGuiApplication) -> None:
    table, qt = FontTableMeasure(), QtTextMeasure(LadderFonts("DejaVu Sans", "DejaVu Sans Mono"))
    latin = "".join(map(chr, range(0x20, 0x7F)))
    for style in TextStyle:
        for character in latin:
            assert table.width_px(character, style) == pytest.approx(qt.width_px(character, style), abs=0.02)
        for text in ("Zoë Müller, Čapek & Łódź", "Привет, мир", "Γειά σου", "שלום", "INVITE 1002 · PCMU → 10.0.0.1"):
            assert table.width_px(text, style) >= 0.98 * qt.width_px(text, style)


def test_there_is_one_application(qapp: QGuiApplication) -> None:
    assert application_without_window() is qapp
