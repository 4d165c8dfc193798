"""The geometry of a ladder diagram: who said what to whom, as lines, arrows and texts with positions.

In: events (who, to whom, when, what) and a way to measure text. Out: one `LadderPicture` that every painter draws; hit
test and visible part. Never a colour (only roles), never a font (asks a `TextMeasure`), never Qt.
"""

from sipview.ladder.events import LadderEvent, events_of
from sipview.ladder.folding import FOLDABLE, FoldKind, count_foldable
from sipview.ladder.heading import LEGEND_MARK_PX, legend_words
from sipview.ladder.layout import lay_out
from sipview.ladder.options import Details, LadderOptions
from sipview.ladder.picture import (
    SERIES,
    Anchor,
    Arrow,
    ArrowRows,
    Gap,
    LadderPicture,
    Lane,
    LegendEntry,
    Outline,
    Pill,
    Role,
    Text,
    TextMeasure,
    TextStyle,
)

__all__ = [
    "FOLDABLE",
    "LEGEND_MARK_PX",
    "SERIES",
    "Anchor",
    "Arrow",
    "ArrowRows",
    "Details",
    "FoldKind",
    "Gap",
    "LadderEvent",
    "LadderOptions",
    "LadderPicture",
    "Lane",
    "LegendEntry",
    "Outline",
    "Pill",
    "Role",
    "Text",
    "TextMeasure",
    "TextStyle",
    "count_foldable",
    "events_of",
    "lay_out",
    "legend_words",
]
