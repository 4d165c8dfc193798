"""Ladders as PNG and PDF: what `export.saving` asks of a `PicturePainter`, with Qt. Works without a screen."""

import math
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)  # fmt: skip

from sipview.export.pages import Page, Paging, paging
from sipview.export.palette import Palette
from sipview.export.saving import ExportError
from sipview.gui.painting import LadderFonts, paint_header, paint_heading, paint_picture
from sipview.ladder import LadderPicture, Role, TextStyle

_PIXELS_PER_METRE = 96 / 0.0254  # of a PNG at scale 1, where 1 px is 1/96 inch
_LARGEST_SIDE = 65_500  # image programs stop at 65,535
_MOST_PIXELS = 128_000_000  # 512 MB while it is painted
_SMALLEST_SCALE = 0.5  # below that nobody can read it


def application_without_window() -> QGuiApplication:
    """The application object that fonts need: the one that runs, else a new one that has no screen."""
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    return QGuiApplication(["sipview", "-platform", "offscreen"])


class QtPicturePainter:
    """An `export.saving.PicturePainter` with these fonts; lay the pictures out with the `QtTextMeasure` of the same."""

    def __init__(self, fonts: LadderFonts) -> None:
        self._fonts = fonts

    def png(self, picture: LadderPicture, palette: Palette, path: Path, scale: float) -> str:
        """Write a PNG; where it would be larger than image programs open, a smaller one, and a sentence that says so.

        Raises `ExportError` where not even half the size would do.
        """
        fitting = _fitting_scale(picture, scale)
        path.write_bytes(png_of(self._image(picture, palette, fitting)))
        if fitting < scale:
            return f"The ladder is long: the picture was made at {fitting:.2g} times its size and not at {scale:g} times."
        return ""

    def image(self, picture: LadderPicture, palette: Palette, scale: float) -> QImage:
        """The whole picture for the clipboard, smaller where it is long. Raises `ExportError` where even that is too large."""
        image = self._image(picture, palette, _fitting_scale(picture, scale))
        if image.isNull():
            message = f"There is not enough memory for a picture of {len(picture.arrows):,} messages."
            raise ExportError(message)
        return image

    def beginning(self, picture: LadderPicture, palette: Palette, width: int, height: int) -> QImage:
        """The upper part of the picture, scaled to a width of at most ``width`` px and cut at ``height`` px: a preview."""
        scale = min(1.0, width / picture.width)
        whole = picture.heading_height + picture.height
        return self._image(picture, palette, scale, min(whole, height / scale))

    def pdf(self, picture: LadderPicture, palette: Palette, path: Path) -> None:
        """Write a PDF on A4 (larger only where lanes would be too small to read), with the lane boxes on every page."""
        plan = paging(picture)
        buffer = _opened_buffer()  # not the file: QPdfWriter goes on in silence where the disk is full
        writer = QPdfWriter(buffer)
        writer.setTitle(picture.heading[0].text if picture.heading else picture.description)
        writer.setCreator("sipview")
        # Qt takes a page's size upright and turns it.
        upright = QSizeF(min(plan.width_px, plan.height_px), max(plan.width_px, plan.height_px)) * 72 / 96
        across = QPageLayout.Orientation.Landscape if plan.width_px > plan.height_px else QPageLayout.Orientation.Portrait
        writer.setPageLayout(QPageLayout(QPageSize(upright, QPageSize.Unit.Point), across, QMarginsF()))
        painter = QPainter()
        if not painter.begin(writer):
            message = f"The PDF of {len(plan.pages):,} pages could not be begun."
            raise ExportError(message)
        painter.scale(writer.logicalDpiX() / 96, writer.logicalDpiY() / 96)
        for number, page in enumerate(plan.pages):
            if number:
                writer.newPage()
            painter.save()
            self._page(painter, picture, palette, plan, page)
            painter.restore()
        painter.end()
        path.write_bytes(bytes(buffer.data().data()))

    def _image(self, picture: LadderPicture, palette: Palette, scale: float, shown: float | None = None) -> QImage:
        """The picture, or as much of it as ``shown`` px of its height hold."""
        width, height = picture.width, picture.heading_height + picture.height if shown is None else shown
        image = QImage(math.ceil(width * scale), math.ceil(height * scale), QImage.Format.Format_RGB32)
        if image.isNull():
            return image
        image.setDotsPerMeterX(round(_PIXELS_PER_METRE * scale))
        image.setDotsPerMeterY(round(_PIXELS_PER_METRE * scale))
        image.setText("Description", picture.description)
        image.fill(QColor(palette[Role.PAPER]))
        painter = QPainter(image)
        painter.scale(scale, scale)
        paint_heading(painter, picture, palette, self._fonts)
        painter.translate(0.0, picture.heading_height)
        seen = QRectF(0.0, 0.0, width, max(0.0, height - picture.heading_height))
        paint_picture(painter, picture, palette, seen, self._fonts)
        paint_header(painter, picture, palette, seen, self._fonts)
        painter.end()
        return image

    def _page(self, painter: QPainter, picture: LadderPicture, palette: Palette, plan: Paging, page: Page) -> None:
        painter.fillRect(QRectF(0.0, 0.0, plan.width_px, plan.height_px), QColor(palette[Role.PAPER]))
        painter.translate(plan.margin_px, plan.margin_px)
        painter.save()
        painter.translate((plan.width_px - 2 * plan.margin_px - picture.width * plan.scale) / 2, 0.0)
        painter.scale(plan.scale, plan.scale)
        if page is plan.pages[0]:
            paint_heading(painter, picture, palette, self._fonts)
            painter.translate(0.0, picture.heading_height)
        paint_header(painter, picture, palette, QRectF(0.0, 0.0, picture.width, picture.header_height), self._fonts)
        painter.translate(0.0, picture.header_height - page.top)
        rows = QRectF(0.0, page.top, picture.width, page.bottom - page.top)
        painter.setClipRect(rows)
        paint_picture(painter, picture, palette, rows, self._fonts)
        painter.restore()
        self._footer(painter, picture, palette, plan, page)

    def _footer(self, painter: QPainter, picture: LadderPicture, palette: Palette, plan: Paging, page: Page) -> None:
        inner = QRectF(0.0, 0.0, plan.width_px - 2 * plan.margin_px, plan.height_px - 2 * plan.margin_px)
        painter.setFont(self._fonts[TextStyle.SMALL])
        painter.setPen(QColor(palette[Role.MUTED]))
        number = f"page {plan.pages.index(page) + 1} of {len(plan.pages)}"
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, number)
        if picture.heading and page is not plan.pages[0]:
            title = QFontMetricsF(self._fonts[TextStyle.SMALL]).elidedText(
                picture.heading[0].text, Qt.TextElideMode.ElideRight, inner.width() - 120
            )
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, title)


def png_of(image: QImage) -> bytes:
    """The image as a PNG. In memory first: of a file Qt would only say that it failed, and the caller's write says why.

    Raises `ExportError` where there was no memory for the image.
    """
    buffer = _opened_buffer()
    if not QImageWriter(buffer, QByteArray(b"png")).write(image):
        message = "There is not enough memory for the picture."
        raise ExportError(message)
    return bytes(buffer.data().data())


def _opened_buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _fitting_scale(picture: LadderPicture, scale: float) -> float:
    """The scale at which image programs open the picture, at most ``scale``; raises `ExportError` where it is unreadable."""
    width, height = picture.width, picture.heading_height + picture.height
    fitting = min(scale, _LARGEST_SIDE / max(width, height), math.sqrt(_MOST_PIXELS / (width * height)))
    if fitting < min(scale, _SMALLEST_SCALE):
        message = (
            f"A ladder of {len(picture.arrows):,} messages is {width:,.0f} x {height:,.0f} px, more than image programs "
            "open. Save it as PDF, SVG or text."
        )
        raise ExportError(message)
    return fitting
