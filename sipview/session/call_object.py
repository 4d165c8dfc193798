"""A call as other programs get it: one object with stable keys, and any objects as lines of JSON."""

import re
from collections.abc import Sequence

import msgspec

from sipview.calls import Call, CallState, Leg, Side
from sipview.session.snapshot import Snapshot
from sipview.values import NANOSECONDS, epoch_text, seconds
from sipview.values.visible import ACTING

_ENCODER = msgspec.json.Encoder()


class LegObject(msgspec.Struct, gc=False, rename={"from_uri": "from", "to_uri": "to"}):
    """One leg of a call."""

    call_id: str
    source: str
    destination: str
    from_uri: str
    to_uri: str
    state: CallState
    status: int | None
    messages: int


class CallObject(msgspec.Struct, gc=False, rename={"number": "id", "caller": "from", "callee": "to"}):
    """One call with the keys of the command line's contract."""

    number: int
    start: str
    end: str
    caller: str
    callee: str
    state: CallState
    status: int | None
    reason: str | None
    hung_up_by: Side | None
    ring_delay: float | None
    talk_time: float | None
    legs: list[LegObject]
    joined_by: tuple[str, ...]
    messages: int
    streams: tuple[()]
    findings: tuple[()]
    missing: str


def call_object(call: Call, snapshot: Snapshot) -> CallObject:
    """One call as it is told."""
    first = snapshot.messages[call.messages[0]]
    assert snapshot.index is not None, "where there is a message there is an index"
    digits = snapshot.index.time_digits(first.row)
    return CallObject(
        call.number,
        epoch_text(first.time_ns, digits),
        epoch_text(call.end_ns, digits),
        call.caller,
        call.callee,
        call.state,
        call.status,
        call.reason,
        call.hung_up_by,
        _round(call.ring_delay_ns),
        _round(call.talk_time_ns),
        [_leg_object(leg) for leg in call.legs],
        call.joined_by,
        len(call.messages),
        (),
        (),
        call.missing,
    )


def json_line(item: object) -> bytes:
    """One object as a line of JSON. What acts on a terminal, or ends a line for some readers, is written as an escape."""
    return json_lines((item,))


def json_lines(items: Sequence[object]) -> bytes:
    """Objects as lines of JSON, as `json_line` writes them: many at once are written in half the time."""
    lines = _ENCODER.encode_lines(items)
    if not _acts(lines):
        return lines
    return b"".join([_harmless(line) if _acts(line) else line for line in lines.splitlines(keepends=True)])


def _acts(lines: bytes) -> bool:
    """Whether something may act on a terminal: controls but DEL are escapes already, all others are not ASCII."""
    return not lines.isascii() or b"\x7f" in lines


def _harmless(line: bytes) -> bytes:
    return ACTING.sub(_escaped, line.decode().removesuffix("\n")).encode() + b"\n"


def _leg_object(leg: Leg) -> LegObject:
    return LegObject(
        leg.call_id,
        str(leg.source),
        str(leg.destination),
        leg.from_uri,
        leg.to_uri,
        leg.state,
        leg.status,
        len(leg.messages),
    )


def _round(duration_ns: int | None) -> float | None:
    """Seconds with six digits."""
    if duration_ns is None:
        return None
    # Whole microseconds, as nearly all files have them, divide to what `round` would find, in a third of the time.
    return duration_ns / NANOSECONDS if duration_ns % 1000 == 0 else round(seconds(duration_ns), 6)


def _escaped(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
