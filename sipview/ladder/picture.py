"""The picture: shapes with positions in px, texts, roles; what screen, PNG, SVG, PDF and text all draw.

The origin is top left, y grows downward, 1 px is 1/96 inch. The band of lane headers begins at y = 0 and the rows follow;
the heading of an export has its own band above, with its own origin.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, overload


class TextStyle(StrEnum):
    """How a text is set; each painter has one font a style, and `TextMeasure` knows its widths."""

    TITLE = "title"  # the heading of the picture
    LANE = "lane"  # name in a lane header
    SMALL = "small"  # addresses, details, notes
    LABEL = "label"  # on an arrow
    LABEL_STRONG = "label-strong"  # method or status on an arrow
    TIME = "time"  # the time column, fixed-width digits


class Role(StrEnum):
    """What a shape means; a palette turns it into a colour for light, dark and print."""

    PAPER = "paper"  # what everything is drawn on
    TEXT = "text"
    MUTED = "muted"
    LINE = "line"
    LANE_FILL = "lane-fill"
    GAP = "gap"
    WARNING = "warning"
    FAILURE = "failure"
    SUCCESS = "success"
    SELECTION = "selection"
    FOUND = "found"  # lies under a row that a search has found
    SERIES_1 = "series-1"
    SERIES_2 = "series-2"
    SERIES_3 = "series-3"
    SERIES_4 = "series-4"
    SERIES_5 = "series-5"
    SERIES_6 = "series-6"


SERIES = (Role.SERIES_1, Role.SERIES_2, Role.SERIES_3, Role.SERIES_4, Role.SERIES_5, Role.SERIES_6)


class Anchor(StrEnum):
    """Which point of a text stays where it is when a painter's font turns out wider or narrower than measured."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


class TextMeasure(Protocol):
    """Knows how wide a text is when a painter sets it."""

    def width_px(self, text: str, style: TextStyle) -> float:
        """The advance width of the text."""
        ...

    def height_px(self, style: TextStyle) -> float:
        """The line height of the style."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text set on one line; ``x`` is its left edge, ``baseline`` its base line, ``width`` its measured advance."""

    x: float
    baseline: float
    text: str
    style: TextStyle
    role: Role
    width: float = 0.0
    anchor: Anchor = Anchor.START


@dataclass(frozen=True, slots=True)
class Lane:
    """A lifeline with its header box: ``x`` is the line, the box spans ``left`` to ``right``.

    ``key`` is the address (or ``address:port``) that the lane stands for, whatever its name.
    """

    x: float
    left: float
    right: float
    name: Text
    subtitle: Text
    full_name: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message: from ``x1`` to ``x2`` at ``y`` (a loop of ``loop_height`` where both are one lane).

    ``top``/``bottom`` bound its row for hit tests and selection; ``texts`` are the label (title, detail, marker), ``ports``
    the port numbers at the ends. ``thin`` marks a repetition. ``tooltip`` is plain text in several lines. For painters
    that set their own lines: ``source_lane`` and ``destination_lane`` are positions in ``LadderPicture.lanes``;
    ``title``, ``detail`` and ``marker`` (a word such as ``repeated`` or "") are the label's parts, not shortened to fit.
    ``lines`` stand below the arrow: the SDP stream by stream, where that is wanted.
    """

    position: int
    x1: float
    x2: float
    y: float
    loop_height: float
    top: float
    bottom: float
    dashed: bool
    thin: bool
    role: Role
    texts: tuple[Text, ...]
    time: Text
    tooltip: str
    ports: tuple[Text, ...] = ()
    source_lane: int = 0
    destination_lane: int = 0
    title: str = ""
    detail: str = ""
    marker: str = ""
    lines: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Pill:
    """A group of messages that is folded into one row, or the row above them where it was unfolded (``open``).

    ``key`` names it (several groups with a space between) in `LadderOptions.unfolded`; ``lane`` is the key of the hidden
    lane where it stands for one. ``positions`` are those of its messages. The pill spans ``left`` to ``right`` around ``y``.
    """

    key: str
    top: float
    bottom: float
    left: float
    right: float
    y: float
    text: Text
    time: Text
    open: bool
    positions: tuple[int, ...]
    lane: str = ""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a colour of several calls in one drawing stands for; ``text`` has its place in the heading."""

    role: Role
    text: Text


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause long enough to show: a break across the lifelines with its length in words. A longer one is taller."""

    y: float
    top: float
    bottom: float
    text: Text


class Outline(NamedTuple):
    """What an overview needs of an arrow: where it is, and its role."""

    y: float
    x1: float
    x2: float
    role: Role


class ArrowRows(Sequence[Arrow]):
    """The arrows of a picture, made when they are asked for: of 50,000 a window shows thirty.

    ``tops`` and ``bottoms`` bound their rows. ``make`` gives an arrow by its number, ``outline`` what an overview needs.
    """

    _MOST_KEPT = 2000

    def __init__(
        self, tops: "array[float]", bottoms: "array[float]", make: Callable[[int], Arrow], outline: Callable[[int], Outline]
    ) -> None:
        self.tops = tops
        self.bottoms = bottoms
        self.outline = outline
        self._make = make
        self._kept: dict[int, Arrow] = {}

    @classmethod
    def none(cls) -> "ArrowRows":
        """No arrows."""

        def make(number: int) -> Arrow:
            raise IndexError(number)

        def outline(number: int) -> Outline:
            raise IndexError(number)

        return cls(array("d"), array("d"), make, outline)

    def __len__(self) -> int:
        return len(self.tops)

    @overload
    def __getitem__(self, number: int) -> Arrow: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Arrow, ...]: ...
    def __getitem__(self, number: int | slice) -> Arrow | tuple[Arrow, ...]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        if number < 0:
            number += len(self)
        if not 0 <= number < len(self):
            raise IndexError(number)
        arrow = self._kept.get(number)
        if arrow is None:
            if len(self._kept) >= self._MOST_KEPT:
                self._kept.clear()
            arrow = self._kept[number] = self._make(number)
        return arrow

    def __iter__(self) -> Iterator[Arrow]:
        for number in range(len(self)):
            yield self[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash((len(self), self.tops.tobytes()))


@dataclass(frozen=True, slots=True)
class LadderPicture:
    """A whole ladder. ``header_height`` is the part (lane boxes) that a window keeps in sight while scrolling.

    ``height`` is from the top of the lane boxes to the end of the lifelines. Arrows, pills and gaps are in order of ``y``.
    ``heading`` (title, subtitle lines) and ``legend`` are drawn by exports above the header, in ``heading_height`` px,
    their base lines counted from the top of that band; ``header_texts`` stand in the header beside the lane boxes (what the
    time column counts). ``description`` says in one sentence what it shows, for screen readers and alt texts.

    ``rows`` are arrows and pills from top to bottom: the number of an arrow, or -1 minus that of a pill. ``row_of`` gives the
    row that shows a message, its arrow or the pill that it is folded into. ``failures`` are numbers of arrows.
    """

    width: float
    height: float
    heading_height: float
    header_height: float
    heading: tuple[Text, ...]
    lanes: tuple[Lane, ...]
    arrows: ArrowRows
    gaps: tuple[Gap, ...]
    notes: tuple[Text, ...]
    description: str
    header_texts: tuple[Text, ...] = ()
    pills: tuple[Pill, ...] = ()
    legend: tuple[LegendEntry, ...] = ()
    hidden_lanes: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[int] = ()
    row_of: Mapping[int, int] = field(default_factory=dict)
    failures: Sequence[int] = ()

    def arrow_at(self, x: float, y: float) -> Arrow | None:
        """The arrow whose row covers that place, else None."""
        if not 0 <= x <= self.width:
            return None
        found = bisect_right(self.arrows.tops, y) - 1
        if found >= 0 and y < self.arrows.bottoms[found]:
            return self.arrows[found]
        return None

    def pill_at(self, x: float, y: float) -> Pill | None:
        """The pill at that place, else None."""
        found = bisect_right(self.pills, y, key=_top) - 1
        if found >= 0 and y < self.pills[found].bottom and self.pills[found].left <= x <= self.pills[found].right:
            return self.pills[found]
        return None

    def row(self, number: int) -> Arrow | Pill:
        """What stands in a row, counted from the top."""
        entry = self.rows[number]
        return self.arrows[entry] if entry >= 0 else self.pills[-1 - entry]

    def row_top(self, number: int) -> float:
        """Where a row begins, without making its arrow."""
        entry = self.rows[number]
        return self.arrows.tops[entry] if entry >= 0 else self.pills[-1 - entry].top

    def visible(self, top: float, bottom: float) -> tuple[Sequence[Arrow], Sequence[Gap]]:
        """The arrows and gaps whose rows reach into the strip from ``top`` to ``bottom``, found by bisection."""
        arrows, gaps = self.arrows, self.gaps
        return (
            arrows[bisect_right(arrows.bottoms, top) : bisect_left(arrows.tops, bottom)],
            gaps[bisect_right(gaps, top, key=_bottom) : bisect_left(gaps, bottom, key=_top)],
        )

    def visible_pills(self, top: float, bottom: float) -> Sequence[Pill]:
        """The pills whose rows reach into that strip."""
        return self.pills[bisect_right(self.pills, top, key=_bottom) : bisect_left(self.pills, bottom, key=_top)]


def _top(row: Gap | Pill) -> float:
    return row.top


def _bottom(row: Gap | Pill) -> float:
    return row.bottom
