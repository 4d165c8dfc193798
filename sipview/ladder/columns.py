"""Everything of a ladder with an x: the time column and the lanes with their headers."""

import math
from collections.abc import Sequence

from sipview.ladder.labels import Label, Labels
from sipview.ladder.lanes import Lanes
from sipview.ladder.options import LadderOptions
from sipview.ladder.picture import Anchor, Lane, Role, Text, TextMeasure, TextStyle
from sipview.ladder.times import TimeMode

MARGIN = 14.0
LABEL_PADDING = 14.0  # between a label and the ends of its arrow: room for the head
# To this width a label pushes lanes apart, beyond it is shortened: the less, the more lanes there are to be looked over.
LABEL_LIMIT = 560.0
LOOP_WIDTH = 30.0
_BOX_PADDING_X, _BOX_PADDING_Y = 14.0, 6.0
_MIN_BOX = 132.0
_BOX_TOP = 8.0
_BOX_SPACE = 20.0  # between two lane boxes, at least
_SMALLEST_DISTANCE = 80.0
_LABELS_MEASURED = 200
_TIME_HEADINGS = {"absolute": "time", "start": "s from start", "delta": "s since last"}


class Columns:
    """Places the time column and the lanes: as near to each other as the labels between them allow.

    ``labels_between`` are the labels of the messages between two lanes (or beside one, for messages to oneself).
    """

    def __init__(
        self,
        *,
        lanes: Lanes,
        labels_between: dict[tuple[int, int], set[Label]],
        times: Sequence[str],
        mode: TimeMode,
        options: LadderOptions,
        labels: Labels,
        measure: TextMeasure,
    ) -> None:
        self.ports_shown = lanes.ports_shown
        column_heading = _TIME_HEADINGS[mode]
        # The digits are of one width, so the longest text is the widest.
        time_width = max(labels.width(max(times, key=len), TextStyle.TIME), labels.width(column_heading, TextStyle.SMALL))
        self.time_right = math.ceil(MARGIN + time_width)

        box = max(
            max(labels.width(name.name, TextStyle.LANE), labels.width(name.subtitle, TextStyle.SMALL)) for name in lanes.names
        )
        box = min(max(math.ceil(box) + 2 * _BOX_PADDING_X, _MIN_BOX), max(_MIN_BOX, options.widest_box_px))
        smallest = max(options.min_lane_distance_px, box + _BOX_SPACE, _SMALLEST_DISTANCE)
        count = len(lanes.names)
        widths = {pair: _widest(between, labels) for pair, between in labels_between.items()}
        self.distances = _distances(count, widths, smallest, width=options.width_to_look_over_px, least=options.least_label_px)

        name_height = measure.height_px(TextStyle.LANE)
        small_height = measure.height_px(TextStyle.SMALL)
        subtitles = any(name.subtitle for name in lanes.names)
        box_height = name_height + (small_height if subtitles else 0.0) + 2 * _BOX_PADDING_Y
        self.header_height = math.ceil(box_height + 2 * _BOX_TOP)
        name_baseline = _BOX_TOP + _BOX_PADDING_Y + 0.8 * name_height
        middle = _BOX_TOP + box_height / 2 + 0.3 * name_height
        subtitle_baseline = _BOX_TOP + _BOX_PADDING_Y + name_height + 0.78 * small_height

        def fit(text: str, place: tuple[float, float], style: TextStyle, role: Role) -> Text:
            fitting = labels.shorten(text, style, box - 2 * _BOX_PADDING_Y)
            width = labels.width(fitting, style)
            return Text(place[0] - width / 2, place[1], fitting, style, role, width, Anchor.MIDDLE)

        x = math.ceil(self.time_right + MARGIN + box / 2) + 0.5  # a line of 1 px is crisp on half a pixel
        placed = []
        for number, name in enumerate(lanes.names):
            placed.append(
                Lane(
                    x=x,
                    left=x - box / 2,
                    right=x + box / 2,
                    name=fit(name.name, (x, name_baseline if name.subtitle else middle), TextStyle.LANE, Role.TEXT),
                    subtitle=fit(name.subtitle, (x, subtitle_baseline), TextStyle.SMALL, Role.MUTED),
                    full_name=f"{name.name}\n{name.subtitle}" if name.subtitle else name.name,
                    key=lanes.keys[number],
                )
            )
            x += self.distances[number] if number < len(self.distances) else 0.0
        self.lanes = tuple(placed)
        # A message to oneself on the last lane has its label to the right of everything.
        last = self.lanes[-1]
        self.beyond = min(widths.get((count - 1, count - 1), 0.0), LABEL_LIMIT)
        self.width = max(last.right, last.x + LOOP_WIDTH + LABEL_PADDING / 2 + self.beyond if self.beyond else 0.0) + MARGIN
        width = labels.width(column_heading, TextStyle.SMALL)
        self.header_texts = (
            Text(
                self.time_right - width, subtitle_baseline if subtitles else name_baseline, column_heading,
                TextStyle.SMALL, Role.MUTED, width, Anchor.END,
            ),
        )  # fmt: skip


def _widest(between: set[Label], labels: Labels) -> float:
    """The width of the widest label; of very many only the longest are measured, and what is wider yet is shortened."""
    longest = sorted(between, key=lambda label: label.length, reverse=True)[:_LABELS_MEASURED]
    return max(labels.width_of(label) for label in longest)


def _distances(count: int, widths: dict[tuple[int, int], float], smallest: float, *, width: float, least: float) -> list[float]:
    """The distances between neighbouring lanes: as small as the labels between them allow.

    A label across several lanes has their sum. Where the distances come out nearly the same they are made the same,
    which is calmer to look at.
    """
    limit = max(least, min(LABEL_LIMIT, width / max(1, count - 1)))
    needed: dict[tuple[int, int], float] = {}
    for (left, right), widest in widths.items():
        loop = left == right
        pair = (left, left + 1) if loop else (left, right)
        room = min(widest + (LOOP_WIDTH if loop else 0.0) + 2 * LABEL_PADDING, limit)
        needed[pair] = max(needed.get(pair, 0.0), room)
    distances = [smallest] * (count - 1)
    for (left, right), room in sorted(needed.items(), key=lambda item: (item[0][1] - item[0][0], item[0])):
        # A span that is wide enough at the smallest distance needs no look; that keeps this linear with many lanes.
        if right >= count or (right - left) * smallest >= room:
            continue
        missing = room - sum(distances[left:right])
        if missing > 0:
            for number in range(left, right):
                distances[number] += missing / (right - left)
    distances = [math.ceil(distance / 10) * 10.0 for distance in distances]
    if distances and max(distances) <= 1.5 * min(distances):
        distances = [max(distances)] * len(distances)
    return distances
