"""Design tokens: every colour, distance and font size of the window, in one place.

A colour has a meaning and not a place: widgets ask for `failure`, never for red. All texts keep a contrast of 4.5 to 1 or
more with every ground that they may stand on (WCAG 2.1, 1.4.3), in both themes.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

from sipview.index import Protocol


class Tone(StrEnum):
    """What a word or a mark says about how something went."""

    PLAIN = "plain"
    QUIET = "quiet"
    ACTIVE = "active"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme's colours, as ``#rrggbb``.

    Grounds: ``ground`` lies under content, ``panel`` under bars, ``raised`` under buttons; ``hover``, ``selection`` and
    ``mark`` replace them. Texts: ``text``, ``muted``, ``accent`` (links, tab underline), the tones. ``on_accent`` is text on
    ``accent_fill``. ``border`` divides, ``edge`` surrounds what one types into or chooses from, ``focus`` rings, ``disabled``
    is for what cannot be used now. ``record`` lies under ``on_accent`` while packets are captured.
    """

    dark: bool
    ground: str
    panel: str
    raised: str
    hover: str
    selection: str
    selection_quiet: str
    mark: str
    border: str
    edge: str
    focus: str
    text: str
    muted: str
    accent: str
    accent_fill: str
    on_accent: str
    success: str
    warning: str
    failure: str
    syntax_name: str
    syntax_start: str
    disabled: str
    record: str
    record_edge: str

    def tone(self, tone: Tone) -> str:
        """The text colour of a tone."""
        match tone:
            case Tone.PLAIN:
                return self.text
            case Tone.QUIET:
                return self.muted
            case Tone.ACTIVE:
                return self.accent
            case _:
                return str(getattr(self, tone.value))

    def named(self) -> dict[str, str]:
        """All colours by name, as the stylesheet asks for them."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "dark"}


LIGHT = Colours(
    dark=False,
    ground="#ffffff",
    panel="#f4f6fa",
    raised="#ffffff",
    hover="#eaeff7",
    selection="#d7e6fd",
    selection_quiet="#e6ebf3",
    mark="#ffe6a3",
    border="#dde3ec",
    edge="#828d9f",
    focus="#2563eb",
    text="#1b2432",
    muted="#566173",
    accent="#1d4ed8",
    accent_fill="#2058d4",
    on_accent="#ffffff",
    success="#11683a",
    warning="#8a4b06",
    failure="#b3261e",
    syntax_name="#1d4ed8",
    syntax_start="#7a2ea8",
    disabled="#a3acb9",
    record="#b3261e",
    record_edge="#d9726b",
)

DARK = Colours(
    dark=True,
    ground="#15181d",
    panel="#1c2027",
    raised="#262b34",
    hover="#2a303a",
    selection="#1f3b68",
    selection_quiet="#2b323e",
    mark="#4f3a0c",
    border="#323945",
    edge="#6b7586",
    focus="#8ab4ff",
    text="#e7eaf0",
    muted="#a9b3c2",
    accent="#9dc1ff",
    accent_fill="#2f62cf",
    on_accent="#ffffff",
    success="#6fd49a",
    warning="#f0b35a",
    failure="#ff9a8f",
    syntax_name="#9dc1ff",
    syntax_start="#d9b0ff",
    disabled="#5f6978",
    record="#a32a24",
    record_edge="#d0706a",
)

# Grounds that a tone's or a plain text may stand on; a test computes the contrast of each pair.
GROUNDS = ("ground", "panel", "raised", "hover", "selection", "selection_quiet", "mark")
TEXTS = ("text", "muted", "accent", "success", "warning", "failure", "syntax_name", "syntax_start")

# Rows of the packet list, roughly as Wireshark's default colouring rules, but soft: (light, dark).
_PACKET_GROUNDS: dict[Protocol, tuple[str, str]] = {
    Protocol.SIP: ("#e3f4e1", "#1d3324"),
    Protocol.RTP: ("#e9f3fd", "#182a3a"),
    Protocol.RTCP: ("#e9f3fd", "#182a3a"),
    Protocol.UDP: ("#e4f0fb", "#1a2b3c"),
    Protocol.STUN: ("#e4f0fb", "#1a2b3c"),
    Protocol.DNS: ("#e4f0fb", "#1a2b3c"),
    Protocol.DHCP: ("#e4f0fb", "#1a2b3c"),
    Protocol.TCP: ("#eeecfb", "#26243d"),
    Protocol.TLS: ("#eeecfb", "#26243d"),
    Protocol.SCTP: ("#eeecfb", "#26243d"),
    Protocol.ICMP: ("#fbeaf8", "#382238"),
    Protocol.ICMPV6: ("#fbeaf8", "#382238"),
    Protocol.ARP: ("#faf3e0", "#332c1c"),
    Protocol.FRAGMENT: ("#f0f2f5", "#262b34"),
}


def packet_ground(protocol: Protocol, colours: Colours) -> str:
    """The ground of a packet's row in the packet list."""
    pair = _PACKET_GROUNDS.get(protocol)
    return colours.ground if pair is None else pair[colours.dark]


# Grounds of the filter bar while a filter is typed: (light, dark). A word and an icon say the same.
_FILTER_GROUNDS = {Tone.SUCCESS: ("#e2f5e6", "#16301f"), Tone.FAILURE: ("#fde8e6", "#3b1c1a")}


def filter_ground(tone: Tone, colours: Colours) -> str:
    """The ground of a filter that is understood (success), not understood (failure), or not there."""
    pair = _FILTER_GROUNDS.get(tone)
    return colours.ground if pair is None else pair[colours.dark]


# Lines and areas of graphs: (light, dark). Neighbours differ in lightness too, for eyes that see few colours.
_GRAPH_INKS: dict[str, tuple[str, str]] = {
    "packets": ("#3b4a63", "#b9c6dc"),
    "media": ("#2f80c9", "#74b4f0"),
    "retransmissions": ("#c2410c", "#ff9d5c"),
    "calls-up": ("#11683a", "#6fd49a"),
    "INVITE": ("#1d4ed8", "#7ea6ff"),
    "ACK and PRACK": ("#8fb2f5", "#b9cffc"),
    "BYE and CANCEL": ("#5b3fb0", "#b29cf5"),
    "REGISTER": ("#0e7f86", "#57cfd6"),
    "OPTIONS": ("#9aa5b5", "#76829a"),
    "other requests": ("#5f6b7d", "#a9b3c2"),
    "1xx": ("#c3d8a8", "#56733a"),
    "2xx": ("#2e8b4f", "#6fd49a"),
    "3xx": ("#c9a227", "#e6c860"),
    "4xx": ("#d97706", "#f0b35a"),
    "5xx": ("#b3261e", "#ff8a7d"),
    "6xx": ("#6d1a5f", "#e08ad0"),
}


def graph_ink(series: str, colours: Colours) -> str:
    """The colour of a graph's series."""
    return _GRAPH_INKS[series][colours.dark]


# Distances in px at 100 %; a step is four.
SPACE_XS = 4
SPACE_S = 8
SPACE_M = 12
SPACE_L = 16
SPACE_XL = 24
SPACE_XXL = 40

# Font sizes as factors of the system's font size.
SIZE_HEADLINE = 1.3
SIZE_TITLE = 1.9
