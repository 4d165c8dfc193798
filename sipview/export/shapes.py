"""The lines and areas of a picture: what a painter draws besides texts, the same for SVG, screen, PNG and PDF."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from sipview.ladder import LEGEND_MARK_PX, Arrow, Gap, LadderPicture, Lane, LegendEntry, Pill, Role

DASH = (5.0, 3.0)
"""Lengths of stroke and space of a response's line, in px."""
LIFELINE_DASH = (1.0, 3.0)
_PAUSE_DASH = (2.0, 4.0)
_HEAD_LENGTH, _HEAD_HALF = 9.0, 4.0
_LOOP_WIDTH, _LOOP_RADIUS = 30.0, 6.0
_BOX_TOP, _BOX_RADIUS = 8.0, 6.0
_PILL_SPACE = 4.0  # above and below, in its row

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points, ``width`` px wide; ``dash`` is empty for a solid one."""

    points: tuple[Point, ...]
    role: Role
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A filled polygon."""

    points: tuple[Point, ...]
    role: Role


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with round corners, filled, with an edge where ``edge`` is a role."""

    left: float
    top: float
    right: float
    bottom: float
    radius: float
    role: Role
    edge: Role | None = None


Shape = Stroke | Area | Box


def lane_box(picture: LadderPicture, lane: Lane) -> Box:
    """The header box of a lane."""
    return Box(lane.left, _BOX_TOP, lane.right, picture.header_height - _BOX_TOP, _BOX_RADIUS, Role.LANE_FILL, Role.LINE)


def lifeline(lane: Lane, top: float, bottom: float) -> Stroke:
    """A part of a lifeline. Its dots stand at the same places whatever the part, so that parts join."""
    start = math.floor(top / sum(LIFELINE_DASH)) * sum(LIFELINE_DASH)
    return Stroke(((lane.x, start), (lane.x, bottom)), Role.LINE, 1.0, LIFELINE_DASH)


def arrow_shapes(arrow: Arrow, paper: Role = Role.PAPER) -> Iterator[Shape]:
    """An arrow without its texts; a label across lifelines in between gets ``paper`` behind it."""
    if arrow.texts and (abs(arrow.source_lane - arrow.destination_lane) > 1 or arrow.loop_height):
        last = arrow.texts[-1]
        left, right, baseline = arrow.texts[0].x - 4, last.x + last.width + 4, last.baseline
        yield Area(((left, baseline - 12), (right, baseline - 12), (right, baseline + 4), (left, baseline + 4)), paper)
    width = 1.0 if arrow.thin else 1.5
    dash = DASH if arrow.dashed else ()
    if arrow.loop_height:
        yield from _loop(arrow, width, dash)
        return
    direction = 1.0 if arrow.x2 > arrow.x1 else -1.0
    neck = arrow.x2 - direction * (_HEAD_LENGTH - 1)
    yield Stroke(((arrow.x1, arrow.y), (neck, arrow.y)), arrow.role, width, dash)
    yield _head(arrow.x2, arrow.y, direction, arrow.role)


def _loop(arrow: Arrow, width: float, dash: tuple[float, ...]) -> Iterator[Shape]:
    x, y, radius = arrow.x1, arrow.y, _LOOP_RADIUS
    back = arrow.y + arrow.loop_height
    edge = x + _LOOP_WIDTH
    corner = [(math.sin(step * math.pi / 12) * radius, (1 - math.cos(step * math.pi / 12)) * radius) for step in range(7)]
    points = [(x, y)]
    points += [(edge - radius + right, y + down) for right, down in corner]
    points += [(edge - radius + right, back - down) for right, down in reversed(corner)]
    points.append((x + _HEAD_LENGTH - 1, back))
    yield Stroke(tuple(points), arrow.role, width, dash)
    yield _head(x, back, -1.0, arrow.role)


def _head(x: float, y: float, direction: float, role: Role) -> Area:
    base = x - direction * _HEAD_LENGTH
    return Area(((x, y), (base, y - _HEAD_HALF), (base, y + _HEAD_HALF)), role)


def gap_shapes(picture: LadderPicture, gap: Gap, left: float, right: float) -> Iterator[Shape]:
    """A pause from ``left`` to ``right``: a dotted line, and each lifeline there broken by two strokes."""
    lanes = picture.lanes
    start = max(left, lanes[0].left)
    yield Stroke(((start, gap.y), (min(right, lanes[-1].right), gap.y)), Role.GAP, 1.0, _PAUSE_DASH)
    for lane in lanes:
        if left - 10 <= lane.x <= right + 10:
            x, y = lane.x, gap.y
            yield Area(((x - 6, y), (x + 6, y - 6), (x + 6, y), (x - 6, y + 6)), Role.PAPER)
            yield Stroke(((x - 6, y), (x + 6, y - 6)), Role.GAP, 1.0)
            yield Stroke(((x - 6, y + 6), (x + 6, y)), Role.GAP, 1.0)


def pill_shapes(pill: Pill, paper: Role = Role.LANE_FILL) -> Iterator[Shape]:
    """A folded group of messages; one that was unfolded has an edge only."""
    half = (pill.bottom - pill.top) / 2 - _PILL_SPACE
    role = Role.PAPER if pill.open else paper
    yield Box(pill.left, pill.y - half, pill.right, pill.y + half, half, role, Role.LINE)


def legend_mark(entry: LegendEntry) -> Box:
    """The colour before a text of the legend."""
    left, bottom = entry.text.x - LEGEND_MARK_PX, entry.text.baseline
    return Box(left, bottom - 8.5, left + 10.0, bottom + 0.5, 2.5, entry.role)


def selection_box(picture: LadderPicture, row: Arrow | Pill, role: Role = Role.SELECTION) -> Box:
    """What lies under the row of a chosen message."""
    right = picture.lanes[-1].right + 6 if picture.lanes else picture.width
    return Box(6.0, row.top + 1, max(right, picture.width - 6), row.bottom, 5.0, role)
