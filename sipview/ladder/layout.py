"""From events to a picture: lanes from left to right along the call's path, a row an event, pauses that can be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sipview.ladder.events import LadderEvent
from sipview.ladder.picture import LadderPicture, TextMeasure


@dataclass(frozen=True, slots=True)
class LadderOptions:
    """What the drawing shows. ``lane_names`` are names by address; ``time`` is ``absolute``, ``start`` or ``delta``.

    ``title`` and ``subtitle`` head an export. A lane is a host; with ``ports_apart`` it is a host and port.
    """

    title: str = ""
    subtitle: str = ""
    time: str = "start"
    ports_apart: bool = False
    lane_names: Mapping[str, str] = field(default_factory=dict)
    lane_subtitles: Mapping[str, str] = field(default_factory=dict)
    min_lane_distance_px: float = 220.0


def lay_out(events: Sequence[LadderEvent], options: LadderOptions, measure: TextMeasure) -> LadderPicture:
    """Compute all positions; no events give an empty picture with a note that says so."""
    raise NotImplementedError
