"""Colours for roles: one table for a light screen, one for a dark one, one for print.

The six series are spread over hue *and* lightness, after the palette of Okabe and Ito, so that they stay apart for people
who see no red or no green, and each is a text colour: at least 4.5:1 against the paper and the selection (WCAG 2.1, 1.4.3).
No meaning rests on colour alone: a response is dashed, a failure and a repetition say so in a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sipview.ladder import Role


@dataclass(frozen=True, slots=True)
class Palette:
    """A colour (``#rrggbb``) for each role."""

    name: str
    colours: Mapping[Role, str]

    def __getitem__(self, role: Role) -> str:
        """The colour of a role."""
        return self.colours[role]


LIGHT = Palette(
    "light",
    MappingProxyType(
        {
            Role.PAPER: "#ffffff",
            Role.TEXT: "#1b2330",
            Role.MUTED: "#5b6473",
            Role.LINE: "#a9b1bf",
            Role.LANE_FILL: "#f3f5fa",
            Role.GAP: "#964400",
            Role.WARNING: "#964400",
            Role.FAILURE: "#c8102e",
            Role.SUCCESS: "#12703a",
            Role.SELECTION: "#dbe9fe",
            Role.FOUND: "#ffe9ad",
            Role.SERIES_1: "#1d5fd1",
            Role.SERIES_2: "#006b5b",
            Role.SERIES_3: "#6b2a00",
            Role.SERIES_4: "#8a2b9e",
            Role.SERIES_5: "#866000",
            Role.SERIES_6: "#353b57",
        }
    ),
)

DARK = Palette(
    "dark",
    MappingProxyType(
        {
            Role.PAPER: "#15181e",
            Role.TEXT: "#e8ebf1",
            Role.MUTED: "#a3adbd",
            Role.LINE: "#566072",
            Role.LANE_FILL: "#232933",
            Role.GAP: "#f0b04a",
            Role.WARNING: "#f0b04a",
            Role.FAILURE: "#ff868a",
            Role.SUCCESS: "#5fd38a",
            Role.SELECTION: "#24405f",
            Role.FOUND: "#4f3a0c",
            Role.SERIES_1: "#7bacff",
            Role.SERIES_2: "#3ddcb0",
            Role.SERIES_3: "#f7a343",
            Role.SERIES_4: "#e89bd2",
            Role.SERIES_5: "#f5ef3d",
            Role.SERIES_6: "#dde1e9",
        }
    ),
)

# As light, with darker lines, and fills that a laser printer does not turn into dots.
PRINT = Palette(
    "print",
    MappingProxyType(
        {
            **LIGHT.colours,
            Role.TEXT: "#000000",
            Role.MUTED: "#444b57",
            Role.LINE: "#70798a",
            Role.LANE_FILL: "#ffffff",
            Role.SELECTION: "#e9e9e9",
            Role.FOUND: "#dddddd",
        }
    ),
)

PALETTES: Mapping[str, Palette] = MappingProxyType({palette.name: palette for palette in (LIGHT, DARK, PRINT)})
"""The palettes by name."""
