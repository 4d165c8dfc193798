"""Where a long ladder breaks into pages: between rows, never through one."""

from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

from sipview.ladder import LadderPicture

_A4_SHORT_PX, _A4_LONG_PX = 210 / 25.4 * 96, 297 / 25.4 * 96
_MARGIN_PX = 12 / 25.4 * 96
_FOOTER_PX = 20.0
_READABLE_SCALE, _SMALLEST_SCALE = 0.7, 0.5
_LONGEST_SIDE_PX = 14_400 / 72 * 96  # PDF 1.7, annex C: a page is at most 14,400 units wide and high


class Page(NamedTuple):
    """The rows from ``top`` to ``bottom`` (px of the picture) on one page."""

    top: float
    bottom: float


class Paging(NamedTuple):
    """How a picture goes on paper.

    ``width_px``/``height_px`` are the sheet's, with ``margin_px`` on all sides and ``footer_px`` of that inner height for
    the page number; the picture is drawn at ``scale``, each page with the lane boxes on top, the first one with the
    heading as well.
    """

    width_px: float
    height_px: float
    margin_px: float
    footer_px: float
    scale: float
    pages: tuple[Page, ...]


def paging(picture: LadderPicture) -> Paging:
    """One A4 sheet, upright or across, where the picture is readable on it; else as many sheets as its rows need.

    A picture that would be scaled below half its size, because it is so wide, gets sheets of the same proportions that
    are larger, up to what PDF allows.
    """
    upright, across = (_A4_SHORT_PX, _A4_LONG_PX), (_A4_LONG_PX, _A4_SHORT_PX)
    for sheet in sorted((upright, across), key=lambda sheet: _scale_of_all(picture, sheet), reverse=True):
        scale = _scale_of_all(picture, sheet)
        if scale >= _READABLE_SCALE:
            return Paging(*sheet, _MARGIN_PX, _FOOTER_PX, scale, (Page(picture.header_height, picture.height),))
    width, height = upright if _scale_of_width(picture, upright[0]) >= _READABLE_SCALE else across
    scale = _scale_of_width(picture, width)
    if scale < _SMALLEST_SCALE:
        wanted = picture.width * _SMALLEST_SCALE + 2 * _MARGIN_PX
        larger = min(wanted, _LONGEST_SIDE_PX) / width
        width, height = width * larger, height * larger
        scale = _scale_of_width(picture, width)
    room = (height - 2 * _MARGIN_PX - _FOOTER_PX) / scale - picture.header_height
    return Paging(width, height, _MARGIN_PX, _FOOTER_PX, scale, tuple(_pages(picture, room)))


def _scale_of_width(picture: LadderPicture, width_px: float) -> float:
    return min(1.0, (width_px - 2 * _MARGIN_PX) / picture.width)


def _scale_of_all(picture: LadderPicture, sheet: tuple[float, float]) -> float:
    height = (sheet[1] - 2 * _MARGIN_PX - _FOOTER_PX) / (picture.heading_height + picture.height)
    return min(_scale_of_width(picture, sheet[0]), height)


def _pages(picture: LadderPicture, room: float) -> Iterator[Page]:
    top = picture.header_height
    available = room - picture.heading_height
    end = top
    for bottom in merge(picture.arrows.bottoms, (pill.bottom for pill in picture.pills), (gap.bottom for gap in picture.gaps)):
        if bottom - top > available and end > top:
            yield Page(top, end)
            top, available = end, room
        end = bottom
    # What is below the last row (the ends of the lifelines, a note) goes with it.
    yield Page(top, picture.height)
