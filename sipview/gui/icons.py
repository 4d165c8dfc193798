"""Icons from ``resources/icons``: one stroke set, coloured by the theme and sharp at every scale.

An icon file holds a 24 x 24 drawing whose strokes and fills are `PLACEHOLDER`, which is replaced by the colour asked for.
"""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from sipview import environment
from sipview.gui.scaling import factor, px
from sipview.gui.tokens import Colours, Tone

PLACEHOLDER = "#ff00ff"
_SIZES = (12, 14, 16, 18, 20, 24)  # that icons are shown in, in px at 100 %
_USUAL_RATIOS = (1.0, 2.0)  # of screens that may yet be plugged in


@lru_cache(maxsize=256)
def _drawing(name: str, colour: str) -> QSvgRenderer:
    drawing = environment.resource_text(f"icons/{name}.svg").replace(PLACEHOLDER, colour)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    if not renderer.isValid():
        raise ValueError(f"icons/{name}.svg is no valid drawing")
    return renderer


@lru_cache(maxsize=2048)
def _drawn(name: str, colour: str, size_px: int) -> QPixmap:
    renderer = _drawing(name, colour)
    pixmap = QPixmap(size_px, size_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size_px, size_px))
    painter.end()
    return pixmap


@lru_cache(maxsize=256)
def _icon(name: str, colour: str, faint: str, sizes_px: tuple[int, ...]) -> QIcon:
    icon = QIcon()
    for size_px in sizes_px:
        for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Selected, colour), (QIcon.Mode.Disabled, faint)):
            icon.addPixmap(_drawn(name, ink, size_px), mode)
    return icon


def icon(name: str, colours: Colours, tone: Tone = Tone.PLAIN) -> QIcon:
    """The icon of that name in a tone of the theme. Raises `FileNotFoundError` where there is no such drawing."""
    return _icon(
        name,
        colours.tone(tone),
        colours.disabled,
        _device_sizes(factor(), *(screen.devicePixelRatio() for screen in QGuiApplication.screens())),
    )


@lru_cache(maxsize=16)
def _device_sizes(scale: float, *ratios: float) -> tuple[int, ...]:
    """All sizes in device pixels that icons are shown in on screens of these ratios, so that none has to be scaled."""
    return tuple(sorted({round(round(size * scale) * ratio) for size in _SIZES for ratio in (*_USUAL_RATIOS, *ratios)}))


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
