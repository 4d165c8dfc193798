"""What stands on an arrow: its title, detail and marker, measured, and shortened where an arrow is too short for them."""

from dataclasses import dataclass

from sipview.ladder.cleaning import clean
from sipview.ladder.events import LadderEvent
from sipview.ladder.picture import Anchor, Role, Text, TextMeasure, TextStyle

_TITLE_LIMIT = 100
_DETAIL_LIMIT = 240
_TAIL_LIMIT = 40
_SPACE_PX = 8.0
_ELLIPSIS = "…"
_LEAST_OF_A_WORD = 4  # characters that still say something of it
_CHALLENGES = frozenset({401, 407})
_CANCELLED = 487
# Requests that only confirm something, and are set as lightly as provisional responses.
_CONFIRMING = frozenset({"ACK", "PRACK"})


@dataclass(frozen=True, slots=True)
class Label:
    """A label before it has a place: title, detail and marker with styles and roles."""

    title: str
    detail: str
    marker: str
    title_style: TextStyle
    role: Role
    marker_role: Role

    @property
    def length(self) -> int:
        """How many characters it has, which tells roughly how wide it is."""
        return len(self.title) + len(self.detail) + len(self.marker)


def is_failure(status: int | None) -> bool:
    """A final response that says no: 4xx to 6xx, but neither a challenge nor the end of a cancelled INVITE (RFC 3261 21)."""
    return status is not None and status >= 400 and status not in _CHALLENGES and status != _CANCELLED


class Labels:
    """Makes labels and sets them; remembers widths and shortened texts, as a ladder repeats few texts many times."""

    def __init__(self, measure: TextMeasure) -> None:
        self._measure = measure
        self._widths: dict[tuple[str, TextStyle], float] = {}
        self._cleaned: dict[tuple[str, int], str] = {}
        self._shortened: dict[tuple[str, TextStyle, float], str] = {}
        self._made: dict[tuple[object, ...], Label] = {}

    def width(self, text: str, style: TextStyle) -> float:
        """The measured width."""
        key = (text, style)
        width = self._widths.get(key)
        if width is None:
            width = self._widths[key] = self._measure.width_px(text, style)
        return width

    def label(self, event: LadderEvent, series: Role, *, details: bool = True) -> Label:
        """The label of an event in its transaction's colour, without its detail where none are wanted."""
        detail = event.detail if details else ""
        key = (event.title, detail, event.request, event.retransmission, event.status, event.method, event.undelivered, series)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._label(event, detail, series)
        return made

    def _label(self, event: LadderEvent, detail: str, series: Role) -> Label:
        title, detail = self._clean(event.title, _TITLE_LIMIT), self._clean(detail, _DETAIL_LIMIT)
        if event.request:
            strong = event.title.partition(" ")[0] not in _CONFIRMING
        else:
            strong = 200 <= (event.status or 0) < 400 and event.method in {"INVITE", ""}
        role = marker_role = series
        marker = ""
        if event.retransmission:
            marker, role, marker_role, strong = "repeated", Role.MUTED, Role.MUTED, False
        elif is_failure(event.status):
            marker, role, marker_role, strong = "failed", Role.FAILURE, Role.FAILURE, True
        if event.undelivered:
            marker = f"{marker}, {event.undelivered}" if marker else event.undelivered
            marker_role = Role.FAILURE
        return Label(title, detail, marker, TextStyle.LABEL_STRONG if strong else TextStyle.LABEL, role, marker_role)

    def width_of(self, label: Label) -> float:
        """The width of all parts of a label on one line."""
        width = self.width(label.title, label.title_style)
        for text in (label.detail, label.marker):
            if text:
                width += _SPACE_PX + self.width(text, TextStyle.SMALL)
        return width

    def set(self, label: Label, left: float, right: float, baseline: float, anchor: Anchor) -> tuple[Text, ...]:
        """The texts of a label between ``left`` and ``right``: centred or, with `Anchor.START`, from ``left`` on."""
        available = right - left
        title, detail, width = label.title, label.detail, self.width_of(label)
        if width > available:
            taken = self.width(label.marker, TextStyle.SMALL) + _SPACE_PX if label.marker else 0.0
            title = self.shorten(title, label.title_style, available - taken)
            taken += self.width(title, label.title_style)
            detail = self._shorten_detail(detail, available - taken - _SPACE_PX)
            width = taken + (_SPACE_PX + self.width(detail, TextStyle.SMALL) if detail else 0.0)
        x = left + max(0.0, (available - width) / 2) if anchor is Anchor.MIDDLE else left
        texts = []
        for text, style, role in (
            (title, label.title_style, label.role),
            (label.marker, TextStyle.SMALL, label.marker_role),
            (detail, TextStyle.SMALL, Role.MUTED),
        ):
            if text:
                width = self.width(text, style)
                texts.append(Text(x, baseline, text, style, role, width, anchor))
                x += width + _SPACE_PX
        return tuple(texts)

    def _shorten_detail(self, detail: str, available: float) -> str:
        """Shorten in the middle, at the end of a word: of a list of codecs that ends in an address the address is what one
        looks for.
        """
        words = detail.split(" ")
        address = max((number for number, word in enumerate(words) if ":" in word), default=len(words) - 1)
        tail = " " + " ".join(words[address:])
        if len(tail) > _TAIL_LIMIT:
            tail = ""
        if self.width(detail, TextStyle.SMALL) <= available or not tail:
            return self.shorten(detail, TextStyle.SMALL, available)
        whole = detail.removesuffix(tail)
        head = _whole_words(whole, self.shorten(whole, TextStyle.SMALL, available - self.width(tail, TextStyle.SMALL)))
        if self.width(head + tail, TextStyle.SMALL) <= available:
            return head + tail
        return _whole_words(detail, self.shorten(detail, TextStyle.SMALL, available)).removeprefix(_ELLIPSIS)

    def shorten(self, text: str, style: TextStyle, available: float) -> str:
        """The text, or as much of it as fits with an ellipsis, or "" where not even one character does."""
        if not text or self.width(text, style) <= available:
            return text
        key = (text, style, available)
        if key not in self._shortened:
            self._shortened[key] = self._shorten(text, style, available)
        return self._shortened[key]

    def _shorten(self, text: str, style: TextStyle, available: float) -> str:
        low, high = 0, len(text) - 1  # how many characters stay
        while low < high:
            middle = (low + high + 1) // 2
            if self._measure.width_px(text[:middle].rstrip() + _ELLIPSIS, style) <= available:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip(" ·") + _ELLIPSIS if low else ""

    def _clean(self, text: str, limit: int) -> str:
        key = (text, limit)
        cleaned = self._cleaned.get(key)
        if cleaned is None:
            cleaned = self._cleaned[key] = clean(text, limit)
        return cleaned


def _whole_words(whole: str, shortened: str) -> str:
    """A shortened text without a word that was cut; of the first one some characters may stay."""
    kept = shortened.removesuffix(_ELLIPSIS)
    if shortened == whole:
        return whole
    if whole[len(kept) : len(kept) + 1] not in {"", " "}:
        kept = kept.rpartition(" ")[0] or (kept if len(kept) >= _LEAST_OF_A_WORD else "")
    return kept.rstrip(" ·") + _ELLIPSIS
