"""What a drawing shows and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from sipview.ladder.folding import FoldKind

Details = Literal["none", "short", "sdp"]


@dataclass(frozen=True, slots=True)
class LadderOptions:
    """What the drawing shows. ``lane_names`` are names by address; ``time`` is ``absolute``, ``start`` or ``delta``.

    ``title`` and ``subtitle`` (of several lines, if it holds line ends) head an export. A lane is a host; with
    ``ports_apart`` it is a host and port, and names are looked up by ``address:port`` first. ``colours`` tells what has
    a colour of its own: each ``transaction``, or each ``leg``; ``auto`` is by leg where there are several. Absolute times
    are those of ``zone`` (None: this machine's), all times have ``digits`` fractional digits. ``pause_s`` is the
    shortest pause that is drawn as one; shorter than four times the usual step of the drawing it is not either. Labels push
    the lanes apart until the drawing is about ``width_to_look_over_px`` wide, and are shortened then, but not to less than
    ``least_label_px``; a lane box is at most ``widest_box_px`` wide.

    ``lane_order`` are keys of lanes in the order that a user wants, ``hidden_lanes`` those left out; of more than
    ``most_lanes`` (0: no limit) those with the fewest messages are left out too. ``fold`` are the kinds of messages that are
    folded into pills, but for the pills whose keys are ``unfolded``. ``details`` says how much stands on an arrow: ``none``,
    ``short``, or ``sdp`` for the SDP stream by stream below it. ``legend`` says what the colour of a leg stands for.
    """

    title: str = ""
    subtitle: str = ""
    time: str = "start"
    ports_apart: bool = False
    lane_names: Mapping[str, str] = field(default_factory=dict)
    lane_subtitles: Mapping[str, str] = field(default_factory=dict)
    min_lane_distance_px: float = 220.0
    colours: Literal["auto", "transaction", "leg"] = "auto"
    zone: tzinfo | None = None
    digits: int = 3
    pause_s: float = 1.0
    width_to_look_over_px: float = 1400.0
    least_label_px: float = 320.0
    widest_box_px: float = 264.0
    lane_order: tuple[str, ...] = ()
    hidden_lanes: frozenset[str] = frozenset()
    most_lanes: int = 0
    fold: frozenset[FoldKind] = frozenset()
    unfolded: frozenset[str] = frozenset()
    details: Details = "short"
    legend: Mapping[int, str] = field(default_factory=dict)
