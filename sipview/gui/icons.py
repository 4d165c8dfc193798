"""Icons from ``resources/icons``: one stroke set, coloured by the theme and sharp at every scale.

An icon file holds a 24 x 24 drawing whose strokes and fills are `PLACEHOLDER`, which is replaced by the colour asked for.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from sipview import environment
from sipview.gui.scaling import px
from sipview.gui.tokens import Colours, Tone

PLACEHOLDER = "#ff00ff"
# Device pixels: 16 px at 100 % to 400 %, 24 px at 100 % to 300 %, and what lies between at fractional scales.
_SIZES_PX = (12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 64, 72, 96, 128)


@lru_cache(maxsize=512)
def _drawn(name: str, colour: str, size_px: int) -> QPixmap:
    drawing = environment.resource_text(f"icons/{name}.svg").replace(PLACEHOLDER, colour)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    if not renderer.isValid():
        raise ValueError(f"icons/{name}.svg is no valid drawing")
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, faint: str) -> QIcon:
    icon = QIcon()
    for size_px in _SIZES_PX:
        for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Selected, colour), (QIcon.Mode.Disabled, faint)):
            icon.addPixmap(_drawn(name, ink, size_px), mode)
    return icon


def icon(name: str, colours: Colours, tone: Tone = Tone.PLAIN) -> QIcon:
    """The icon of that name in a tone of the theme. Raises `FileNotFoundError` where there is no such drawing."""
    return _icon(name, colours.tone(tone), colours.disabled)


def pixmap(name: str, colour: str, size_px: int, ratio: float = 1.0) -> QPixmap:
    """The drawing in one colour at ``size_px`` points at 100 %, for a screen of ``ratio`` device pixels to the point."""
    drawn = QPixmap(_drawn(name, colour, round(px(size_px) * ratio)))
    drawn.setDevicePixelRatio(ratio)
    return drawn


def application_icon() -> QIcon:
    """The program's own icon, in its own colours on any ground."""
    result = QIcon()
    for size_px in (16, 24, 32, 48, 64, 128, 256):
        result.addPixmap(_drawn("sipview", PLACEHOLDER, size_px))
    return result
