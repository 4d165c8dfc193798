"""What the header of a table says of its columns."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt

TEXT_SIDE = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
NUMBER_SIDE = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Titled(Protocol):
    """What a header needs to know of a column."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def hint(self) -> str:
        """What it says."""

    @property
    def numeric(self) -> bool:
        """Whether its cells are numbers, which stand at the right."""


def header_cell(columns: Sequence[Titled], section: int, orientation: Qt.Orientation, role: int) -> object:
    """What a model's `headerData` answers for these columns: title, hint as tooltip, side; None for all else."""
    if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(columns):
        return None
    column = columns[section]
    match role:
        case Qt.ItemDataRole.DisplayRole:
            return column.title
        case Qt.ItemDataRole.ToolTipRole:
            return column.hint
        case Qt.ItemDataRole.TextAlignmentRole:
            return NUMBER_SIDE if column.numeric else TEXT_SIDE
    return None


def title_cell(titles: Sequence[str], section: int, orientation: Qt.Orientation, role: int) -> str | None:
    """What a model's `headerData` answers where columns have titles and nothing else."""
    shown = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole and 0 <= section < len(titles)
    return titles[section] if shown else None
