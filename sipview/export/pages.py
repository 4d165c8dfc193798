"""Where a long ladder breaks into pages: between rows, never through one."""

from collections.abc import Iterator
from heapq import merge
from typing import NamedTuple

from sipview.ladder import LadderPicture

_A4_SHORT_PX, _A4_LONG_PX = 210 / 25.4 * 96, 297 / 25.4 * 96
_MARGIN_PX = 12 / 25.4 * 96
_FOOTER_PX = 20.0
_SMALLEST_SCALE = 0.5
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
    """A4 upright if the picture is narrow enough, else A4 across, scaled down to half the size at least.

    A picture that is wider still gets sheets of the same proportions that are larger, up to what PDF allows.
    """
    width, height = _A4_SHORT_PX, _A4_LONG_PX
    if picture.width > width - 2 * _MARGIN_PX:
        width, height = height, width
    scale = min(1.0, (width - 2 * _MARGIN_PX) / picture.width)
    if scale < _SMALLEST_SCALE:
        wanted = picture.width * _SMALLEST_SCALE + 2 * _MARGIN_PX
        larger = min(wanted, _LONGEST_SIDE_PX) / width
        width, height = width * larger, height * larger
        scale = min(_SMALLEST_SCALE, (width - 2 * _MARGIN_PX) / picture.width)
    room = (height - 2 * _MARGIN_PX - _FOOTER_PX) / scale - picture.header_height
    return Paging(width, height, _MARGIN_PX, _FOOTER_PX, scale, tuple(_pages(picture, room)))


def _pages(picture: LadderPicture, room: float) -> Iterator[Page]:
    top = picture.header_height
    available = room - picture.heading_height
    end = top
    for bottom in merge((arrow.bottom for arrow in picture.arrows), (gap.bottom for gap in picture.gaps)):
        if bottom - top > available and end > top:
            yield Page(top, end)
            top, available = end, room
        end = bottom
    # What is below the last row (the ends of the lifelines, a note) goes with it.
    yield Page(top, picture.height)
