"""A call as other programs get it: one object with stable keys, and any object as one line of JSON."""

import re

import msgspec

from sipview.calls import Call, Leg
from sipview.session.snapshot import Snapshot
from sipview.values import epoch_text, seconds
from sipview.values.visible import ACTING

_ENCODER = msgspec.json.Encoder()


def call_object(call: Call, snapshot: Snapshot) -> dict[str, object]:
    """One call with the keys of the command line's contract."""
    digits = time_digits(call.messages[0], snapshot)
    return {
        "id": call.number,
        "start": epoch_text(snapshot.messages[call.messages[0]].time_ns, digits),
        "end": epoch_text(call.end_ns, digits),
        "from": call.caller,
        "to": call.callee,
        "state": call.state,
        "status": call.status,
        "reason": call.reason,
        "hung_up_by": call.hung_up_by,
        "ring_delay": _round(call.ring_delay_ns),
        "talk_time": _round(call.talk_time_ns),
        "legs": [_leg_object(leg) for leg in call.legs],
        "joined_by": call.joined_by,
        "messages": len(call.messages),
        "streams": [],
        "findings": [],
        "missing": call.missing,
    }


def time_digits(position: int, snapshot: Snapshot) -> int:
    """How many fractional digits of a second the file gives that a message came from."""
    assert snapshot.index is not None, "where there is a message there is an index"
    return snapshot.index.time_digits(snapshot.messages[position].row)


def json_line(item: object) -> bytes:
    """One object as a line of JSON. What acts on a terminal, or ends a line for some readers, is written as an escape."""
    line = _ENCODER.encode(item)
    if not line.isascii() or b"\x7f" in line:
        line = ACTING.sub(_escaped, line.decode()).encode()
    return line + b"\n"


def _leg_object(leg: Leg) -> dict[str, object]:
    return {
        "call_id": leg.call_id,
        "source": str(leg.source),
        "destination": str(leg.destination),
        "from": leg.from_uri,
        "to": leg.to_uri,
        "state": leg.state,
        "status": leg.status,
        "messages": len(leg.messages),
    }


def _round(duration_ns: int | None) -> float | None:
    return None if duration_ns is None else round(seconds(duration_ns), 6)


def _escaped(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
