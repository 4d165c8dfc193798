"""The geometry of a ladder diagram: who said what to whom, as lines, arrows and texts with positions.

In: events (who, to whom, when, what) and a way to measure text. Out: one `LadderPicture` that every painter draws; hit
test and visible part. Never a colour (only roles), never a font (asks a `TextMeasure`), never Qt.
"""

from sipview.ladder.events import LadderEvent, events_of
from sipview.ladder.layout import LadderOptions, lay_out
from sipview.ladder.picture import (
    SERIES,
    Anchor,
    Arrow,
    Gap,
    LadderPicture,
    Lane,
    Role,
    Text,
    TextMeasure,
    TextStyle,
)

__all__ = [
    "SERIES",
    "Anchor",
    "Arrow",
    "Gap",
    "LadderEvent",
    "LadderOptions",
    "LadderPicture",
    "Lane",
    "Role",
    "Text",
    "TextMeasure",
    "TextStyle",
    "events_of",
    "lay_out",
]
