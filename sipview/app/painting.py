"""Qt as the painter of PNG and PDF, with or without a screen."""

from PySide6.QtGui import QGuiApplication

from sipview.export.saving import PicturePainter
from sipview.gui.painting import LadderFonts, QtTextMeasure
from sipview.gui.picture_files import QtPicturePainter, application_without_window
from sipview.ladder import TextMeasure

_application: QGuiApplication | None = None


def make_painter() -> tuple[PicturePainter, TextMeasure]:
    """A painter for files, and the measure of its fonts."""
    global _application  # noqa: PLW0603 - Qt wants one application object that outlives its users
    _application = application_without_window()
    fonts = LadderFonts()
    return QtPicturePainter(fonts), QtTextMeasure(fonts)
