"""The slow questions of the ladder, each a frozen value for the door of `jobs`: draw it, look into it, take it away."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from PySide6.QtGui import QImage

from sipview.calls import Call, Conversation
from sipview.export.html import LadderPage
from sipview.export.palette import Palette
from sipview.export.saving import save_ladder
from sipview.gui.jobs import Report
from sipview.gui.picture_files import QtPicturePainter
from sipview.ladder import FoldKind, LadderOptions, LadderPicture, Role, TextMeasure, count_foldable, lay_out, legend_words
from sipview.session.ladders import Ladders, legend_of, positions_of
from sipview.session.naming import HostNames
from sipview.session.pseudonyms import NOTHING, Hidden
from sipview.session.wording import calls_in_words
from sipview.values import CancelToken, visible

_WIDEST_LANE_DISTANCE_PX = 560.0
_LEAST_LABEL_PX = 200.0
_BETWEEN_BOXES_PX = 20.0
_ROUNDING_PX = 10  # lanes stand at distances that are multiples of it
_MOST_EVENTS_LAID_OUT_TWICE = 20_000  # beyond, the first fit has to do
_HEADER_LINES = 8
_LONGEST_LINE = 100
_MESSAGES_BETWEEN_LOOKS = 200


@dataclass(frozen=True, slots=True)
class DrawnLadder:
    """A picture, how many messages each kind of folding would fold, what its colours stand for, and whose messages they are."""

    picture: LadderPicture
    foldable: Mapping[FoldKind, int]
    legend: Sequence[tuple[Role, str]]
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class DrawLadder:
    """Lay out the ladder of these calls so that it fits ``fit_width`` px, as far as its labels stay readable."""

    ladders: Ladders
    subjects: tuple[Call | Conversation, ...]
    options: LadderOptions
    measure: TextMeasure
    fit_width: float

    def run(self, report: Report) -> DrawnLadder:
        """The picture."""
        events = self.ladders.events(positions_of(self.subjects), report.cancel)
        # The legend stands beside the picture and not in it, where it might make it wider than its lanes.
        picture = lay_out(events, replace(self.options, width_to_look_over_px=self.fit_width), self.measure, report.cancel)
        spaces = len(picture.lanes) - 1
        if spaces >= 1 and len(events) <= _MOST_EVENTS_LAID_OUT_TWICE:
            picture = lay_out(events, self._fitting(picture, spaces), self.measure, report.cancel)
        foldable = count_foldable(events)
        ends = {end for event in events for end in (event.source, event.destination)}
        addresses = frozenset(end.address for end in ends)
        return DrawnLadder(picture, foldable, legend_words(legend_of(self.subjects, events)), addresses)

    def _fitting(self, picture: LadderPicture, spaces: int) -> LadderOptions:
        options = self.options
        over = picture.width - self.fit_width
        if over > 0:
            path = picture.lanes[-1].x - picture.lanes[0].x - over - _ROUNDING_PX * spaces
            distance = min(options.min_lane_distance_px, max(_LEAST_LABEL_PX, path / spaces))
            return replace(
                options, width_to_look_over_px=path, least_label_px=_LEAST_LABEL_PX, min_lane_distance_px=distance,
                widest_box_px=distance - _BETWEEN_BOXES_PX,
            )  # fmt: skip
        widest = max(right.x - left.x for left, right in pairwise(picture.lanes))
        distance = math.floor(min(_WIDEST_LANE_DISTANCE_PX, widest - over / spaces) / _ROUNDING_PX) * _ROUNDING_PX
        return replace(options, min_lane_distance_px=distance, width_to_look_over_px=self.fit_width)


@dataclass(frozen=True, slots=True)
class Peek:
    """What the hover card says of a message beyond what its arrow knows."""

    position: int
    headers: str
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PeekMessage:
    """Fetch the first header lines of a message, and its SDP in short."""

    ladders: Ladders
    position: int

    def run(self, report: Report) -> Peek:
        """The lines, each made harmless and with an end."""
        report.cancel.check()
        data = self.ladders.analysis.message_data(self.position)[: _HEADER_LINES * 4096]
        lines = data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace").splitlines()
        shown = [visible(line, _LONGEST_LINE) for line in lines[:_HEADER_LINES]]
        if len(lines) > _HEADER_LINES:
            shown.append(f"… {len(lines) - _HEADER_LINES} more lines")
        media = self.ladders.events([self.position])[0].media
        return Peek(self.position, "\n".join(shown), media)


@dataclass(frozen=True, slots=True)
class FindInLadder:
    """Which of these messages hold a text, in what was sent or in what stands on the arrow, without regard to case."""

    ladders: Ladders
    subjects: tuple[Call | Conversation, ...]
    text: str

    def run(self, report: Report) -> tuple[int, ...]:
        """Their positions in order of time."""
        wanted = self.text.casefold()
        encoded = wanted.encode("utf-8", "surrogatepass")
        found = []
        events = self.ladders.events(positions_of(self.subjects), report.cancel)
        for number, event in enumerate(events):
            if number % _MESSAGES_BETWEEN_LOOKS == 0:
                report.cancel.check()
            if wanted in f"{event.title}\n{event.detail}".casefold():
                found.append(event.position)
                continue
            data = self.ladders.analysis.message_data(event.position)
            sent = data.lower() if data.isascii() else data.decode("utf-8", "replace").casefold().encode()
            if encoded in sent:
                found.append(event.position)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What of the ladder goes into a file, and how it looks.

    ``everything`` unfolds all and shows hidden lanes; else it is exactly what the window shows. What is ``hidden`` has words
    such as ``caller`` in its place. ``title``/``dated`` say whether the heading has title and date.
    """

    everything: bool = False
    hidden: frozenset[Hidden] = NOTHING
    palette: Palette | None = None
    scale: float = 2.0
    titled: bool = True
    dated: bool = True


@dataclass(frozen=True, slots=True)
class LadderToExport:
    """A ladder with all that is needed to draw it into a file."""

    ladders: Ladders
    subjects: tuple[Call | Conversation, ...]
    options: LadderOptions
    title: str
    date: str
    source: str
    measure: TextMeasure
    painter: QtPicturePainter
    choice: ExportChoice = field(default_factory=ExportChoice)
    hosts: HostNames = field(default_factory=HostNames)

    def picture(self, cancel: CancelToken) -> tuple[LadderPicture, LadderPage]:
        """The picture as chosen, and what a page says besides. Raises `values.Cancelled`."""
        choice = self.choice
        events = self.ladders.events(positions_of(self.subjects), cancel)
        telling = bool(choice.hidden) or not (choice.titled or choice.dated)  # the name of a capture may tell who it is about
        source = "" if telling else self.source
        where = " · ".join(part for part in (self.date if choice.dated else "", source) if part)
        calls = [one for one in self.subjects if isinstance(one, Call)]
        told = calls_in_words(calls) if choice.titled else ()
        options = replace(
            self.options,
            title=self.title if choice.titled else "",
            subtitle="\n".join((where, *told)),
            legend=legend_of(self.subjects, events),
        )
        if choice.everything:
            options = replace(options, fold=frozenset(), unfolded=frozenset(), hidden_lanes=frozenset(), most_lanes=0)
        names = self.ladders.anonymous(self.subjects, events, choice.hidden, self.hosts)
        picture = lay_out(names.events(events), names.options(options), self.measure, cancel)
        return picture, self.ladders.page(self.subjects, names)


@dataclass(frozen=True, slots=True)
class SaveLadder:
    """Draw a ladder and write it; the suffix of ``path`` says the format."""

    ladder: LadderToExport
    path: Path

    def run(self, report: Report) -> str:
        """A remark about what is not as asked, or "". Raises `export.saving.ExportError`."""
        picture, page = self.ladder.picture(report.cancel)
        report.cancel.check()
        choice = self.ladder.choice
        return save_ladder(picture, self.path, self.ladder.painter, palette=choice.palette, scale=choice.scale, page=page)


@dataclass(frozen=True, slots=True)
class PaintLadder:
    """Draw a ladder and paint it, for the clipboard or, with ``most_px`` (width, height), as a preview of its beginning."""

    ladder: LadderToExport
    palette: Palette
    most_px: tuple[int, int] | None = None

    def run(self, report: Report) -> QImage:
        """The picture. Raises `export.saving.ExportError` where it would be too large."""
        picture, _ = self.ladder.picture(report.cancel)
        report.cancel.check()
        if self.most_px is None:
            return self.ladder.painter.image(picture, self.palette, self.ladder.choice.scale)
        return self.ladder.painter.beginning(picture, self.palette, *self.most_px)
