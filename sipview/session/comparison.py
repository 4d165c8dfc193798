"""Two messages side by side: which header fields and lines of the body were added, removed or changed, and which words.

Header fields are matched by their name, wherever they stand: a B2BUA writes them in an order of its own, and that is no
difference. Lines of the body are matched in their order, since the order of an SDP has a meaning (RFC 8866 5).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

from sipview.sip import Message
from sipview.values import visible

_WORD = re.compile(r"[^\W_]+|\s+|.", re.DOTALL)
_SDP_LINE = re.compile(r"[a-z]=(?:[^\s:]*:)?")
# The time that the matching takes grows with the square of what is matched, and may with its cube: so there are limits,
# beyond which a value differs as a whole, and lines are matched by their place.
_MOST_WORDS = 200
_MOST_MATCHED_LINES = 250
_MOST_EFFORT = 2_000_000  # pairs of words in all of two messages
_MOST_BODY_LINES = 4000
_LONGEST_VALUE = 4000
_MARKS = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


class Change(StrEnum):
    """What happened to a part on the way from the left message to the right one."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


class Fragment(NamedTuple):
    """A piece of a value; ``differs`` marks what the other side says otherwise."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """A header field or line of the body. ``name`` is "" for lines of the body; a side that lacks the part has no fragments.

    Everything invisible in the texts has been made visible.
    """

    change: Change
    name: str
    left: tuple[Fragment, ...]
    right: tuple[Fragment, ...]

    @property
    def left_text(self) -> str:
        """What the left message says."""
        return "".join(fragment.text for fragment in self.left)

    @property
    def right_text(self) -> str:
        """What the right message says."""
        return "".join(fragment.text for fragment in self.right)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All parts, in the order of the left message; those that only the right one has stand where they stand there."""

    parts: tuple[ComparedPart, ...]

    def count(self, change: Change) -> int:
        """How many parts changed that way."""
        return sum(part.change is change for part in self.parts)

    def as_text(self, left_title: str, right_title: str) -> str:
        """The comparison for a ticket: ``-`` only left, ``+`` only right, ``~`` changed (both lines follow)."""
        lines = [f"--- {left_title}", f"+++ {right_title}"]
        for part in self.parts:
            name = f"{part.name}: " if part.name and part.name != START_LINE else ""
            if part.change is Change.CHANGED:
                lines += [f"~- {name}{part.left_text}", f"~+ {name}{part.right_text}"]
            else:
                mark = _MARKS[part.change]
                lines.append(f"{mark}  {name}{part.right_text if part.change is Change.ADDED else part.left_text}")
        return "\n".join(lines) + "\n"


START_LINE = "Start line"


class _Line(NamedTuple):
    key: str
    name: str
    value: str


_Pair = tuple[int | None, int | None]


def compare(left: Message, right: Message) -> Comparison:
    """What is different from the left message to the right one. The time is bounded for any message."""
    words = _Words(_MOST_EFFORT)
    parts = [_part(_start_line(left), _start_line(right), words)]
    for lines_of, match in ((_fields, _match_by_key), (_body, _match_in_order)):
        ours, theirs = lines_of(left), lines_of(right)
        parts += [
            _part(None if at is None else ours[at], None if to is None else theirs[to], words)
            for at, to in _in_order(match(ours, theirs), len(ours))
        ]
    return Comparison(tuple(parts))


def _start_line(message: Message) -> _Line:
    line = message.start_line
    return _Line("", START_LINE, _text(message.data[line.start : line.end]))


def _fields(message: Message) -> list[_Line]:
    return [_Line(field.canonical.lower(), visible(field.canonical, 200), _shown(field.value)) for field in message.fields]


def _body(message: Message) -> list[_Line]:
    if not message.body:
        return []
    lines = message.body.split(b"\n", _MOST_BODY_LINES)
    if len(lines) > _MOST_BODY_LINES:
        lines[-1] = f"… {len(lines[-1]):,} more bytes".encode()
    if lines and not lines[-1]:
        lines.pop()
    texts = [_text(line.removesuffix(b"\r")) for line in lines]
    return [_Line(found.group() if (found := _SDP_LINE.match(text)) else "", "", text) for text in texts]


def _text(data: bytes) -> str:
    return _shown(data[: 4 * _LONGEST_VALUE].decode("utf-8", "replace"))


def _shown(text: str) -> str:
    return visible(text, _LONGEST_VALUE)


def _match_by_key(left: Sequence[_Line], right: Sequence[_Line]) -> list[_Pair]:
    """Pairs of lines with one key: those that say the same first, then the others in their order."""
    ours: dict[str, list[int]] = defaultdict(list)
    theirs: dict[str, list[int]] = defaultdict(list)
    for lines, places in ((left, ours), (right, theirs)):
        for at, line in enumerate(lines):
            places[line.key].append(at)
    pairs: list[_Pair] = []
    for key in ours.keys() | theirs.keys():
        pairs += _match_alike(left, ours.get(key, []), right, theirs.get(key, []))
    return pairs


def _match_alike(left: Sequence[_Line], ours: list[int], right: Sequence[_Line], theirs: list[int]) -> list[_Pair]:
    pairs: list[_Pair] = []
    if len(ours) > 1 or len(theirs) > 1:
        waiting: dict[str, list[int]] = defaultdict(list)
        for to in reversed(theirs):
            waiting[right[to].value].append(to)
        rest = []
        for at in ours:
            same = waiting.get(left[at].value)
            if same:
                pairs.append((at, same.pop()))
            else:
                rest.append(at)
        taken = {to for _, to in pairs}
        ours, theirs = rest, [to for to in theirs if to not in taken]
    common = min(len(ours), len(theirs))
    pairs += zip(ours[:common], theirs[:common], strict=True)
    pairs += [(at, None) for at in ours[common:]]
    pairs += [(None, to) for to in theirs[common:]]
    return pairs


def _match_in_order(left: Sequence[_Line], right: Sequence[_Line]) -> list[_Pair]:
    """Pairs of lines that stand in the same order on both sides; between those that are equal, lines of one kind."""
    if len(left) > _MOST_MATCHED_LINES or len(right) > _MOST_MATCHED_LINES:
        common = min(len(left), len(right))
        return [
            *((at, at) for at in range(common)),
            *((at, None) for at in range(common, len(left))),
            *((None, to) for to in range(common, len(right))),
        ]
    pairs: list[_Pair] = []
    matcher = SequenceMatcher(None, [line.value for line in left], [line.value for line in right], autojunk=False)
    for what, from_, until, start, end in matcher.get_opcodes():
        if what == "equal":
            pairs += zip(range(from_, until), range(start, end), strict=True)
            continue
        theirs = list(range(start, end))
        for at in range(from_, until):
            alike = next((to for to in theirs if right[to].key == left[at].key and left[at].key), None)
            pairs.append((at, alike))
            if alike is not None:
                pairs += [(None, to) for to in theirs if to < alike]
                theirs = [to for to in theirs if to > alike]
        pairs += [(None, to) for to in theirs]
    return pairs


def _in_order(pairs: Sequence[_Pair], count: int) -> list[_Pair]:
    """The pairs as the left message has them; what only the right one has stands behind what it stands behind there."""
    partner = {to: at for at, to in pairs if at is not None and to is not None}
    behind = -1
    place: dict[int, float] = {}
    for to in sorted(to for _, to in pairs if to is not None):
        if to in partner:
            behind = partner[to]
        else:
            place[to] = behind + 0.5
    return sorted(
        pairs,
        key=lambda pair: (
            (pair[0], 0) if pair[0] is not None else (place[pair[1]], pair[1]) if pair[1] is not None else (count, 0)
        ),
    )


def _part(left: _Line | None, right: _Line | None, words: "_Words") -> ComparedPart:
    if left is None:
        assert right is not None, "a pair has a side"
        return ComparedPart(Change.ADDED, right.name, (), (Fragment(right.value, differs=True),))
    if right is None:
        return ComparedPart(Change.REMOVED, left.name, (Fragment(left.value, differs=True),), ())
    if left.value == right.value:
        same = (Fragment(left.value, differs=False),)
        return ComparedPart(Change.SAME, left.name, same, same)
    return ComparedPart(Change.CHANGED, left.name, *words.compared(left.value, right.value))


class _Words:
    """Compares texts word by word, as long as its effort lasts."""

    def __init__(self, effort: int) -> None:
        self._effort = effort

    def compared(self, left: str, right: str) -> tuple[tuple[Fragment, ...], tuple[Fragment, ...]]:
        """Both texts in fragments, of which those that differ are marked."""
        ours, theirs = _WORD.findall(left), _WORD.findall(right)
        if max(len(ours), len(theirs)) > _MOST_WORDS or len(ours) * len(theirs) > self._effort:
            return (Fragment(left, differs=True),), (Fragment(right, differs=True),)
        self._effort -= len(ours) * len(theirs)
        before: list[Fragment] = []
        after: list[Fragment] = []
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        for what, from_, until, start, end in matcher.get_opcodes():
            for fragments, words in ((before, ours[from_:until]), (after, theirs[start:end])):
                if words:
                    fragments.append(Fragment("".join(words), differs=what != "equal"))
        return tuple(before), tuple(after)
