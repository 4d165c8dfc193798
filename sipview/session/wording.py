"""Calls in words: the same sentence heads the window's ladder, an exported picture and a report."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sipview.calls import Call, CallState, Side
from sipview.values import NANOSECONDS, seconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS = {
    CallState.RINGING: "still ringing",
    CallState.ANSWERED: "still up",
    CallState.COMPLETED: "completed",
    CallState.CANCELLED: "cancelled by the caller",
    CallState.BUSY: "busy",
    CallState.DECLINED: "declined",
    CallState.NO_ANSWER: "no answer",
    CallState.REDIRECTED: "redirected",
    CallState.FAILED: "failed",
    CallState.INCOMPLETE: "incomplete",
}
_CALLS_TOLD = 3  # of several calls in one heading
_HUNG_UP = {Side.CALLER: "caller hung up", Side.CALLEE: "callee hung up"}


def state_words(call: Call) -> str:
    """How the call went in a few words, with the status where it tells more: ``failed: 488 Not Acceptable Here``."""
    words = _WORDS[call.state]
    if call.state is CallState.RINGING and call.ring_delay_ns is None:
        return "not ringing yet"  # nobody said so: an INVITE may have gone where nobody listens
    if call.state is CallState.INCOMPLETE and call.missing:
        return f"{words}: {call.missing} was not captured"
    if call.state in {CallState.FAILED, CallState.REDIRECTED, CallState.NO_ANSWER} and call.status is not None:
        return f"{words}: {call.status} {call.reason or ''}".rstrip()
    return words


def outcome_words(call: Call) -> tuple[str, ...]:
    """What there is to say of a call, in order: how it went, how long it rang and talked, who hung up."""
    words = [state_words(call)]
    if call.ring_delay_ns is not None:
        words.append(f"rang after {duration_words(call.ring_delay_ns)}")
    if call.talk_time_ns is not None:
        words.append(f"talked {duration_words(call.talk_time_ns)}")
    if call.hung_up_by is not None:
        words.append(_HUNG_UP[call.hung_up_by])
    return tuple(words)


def describe_call(call: Call) -> str:
    """Who called whom, and how it went."""
    return f"{call.caller} calls {call.callee} · {' · '.join(outcome_words(call))}"


def calls_title(calls: Sequence[Call]) -> str:
    """Who called whom, of one call also how it went; ``calls_in_words`` says that of several."""
    if len(calls) == 1:
        return describe_call(calls[0])
    parties = list(dict.fromkeys(f"{call.caller} calls {call.callee}" for call in calls))
    more = len(parties) - _CALLS_TOLD
    words = [*parties[:_CALLS_TOLD], *([f"and {more:,} more"] if more > 0 else []), f"{len(calls):,} calls"]
    return " · ".join(words)


def calls_in_words(calls: Sequence[Call]) -> tuple[str, ...]:
    """A line on each of several calls, with its number; nothing of one, of which the title tells."""
    if len(calls) < 2:
        return ()
    lines = [f"call {call.number}: {describe_call(call)}" for call in calls[:_CALLS_TOLD]]
    more = len(calls) - _CALLS_TOLD
    return (*lines, *([f"and {counted(more, 'more call', 'more calls')}"] if more > 0 else []))


def duration_words(duration_ns: int) -> str:
    """A duration for people: ``12 ms``, ``1.7 s``, ``3 min 05 s``, ``1 h 02 min``."""
    duration = seconds(duration_ns)
    if duration < 1:
        return f"{round(duration * 1000)} ms"
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def in_utc(time_ns: int) -> datetime:
    """The second of a moment. Raises `OverflowError` for a year that no calendar has.

    `datetime.fromtimestamp` would not do: on Windows it refuses what is before 1970.
    """
    return _EPOCH + timedelta(seconds=time_ns // NANOSECONDS)


def counted(count: int, one: str, many: str = "") -> str:
    """``1 call``, ``2 calls``, ``1,328 packets``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
