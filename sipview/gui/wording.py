"""The window's words for calls, durations, times and sizes. Words come before codes."""

import html
import re
from datetime import datetime

from sipview.calls import Call, CallState, Conversation, ConversationKind, Observed
from sipview.gui.tokens import Tone
from sipview.live import Progress
from sipview.session import duration_words, outcome_words
from sipview.session import wording as words_of_calls
from sipview.session.wording import in_utc
from sipview.values import NANOSECONDS, visible

counted = words_of_calls.counted
_LONGEST_CELL = 200
_LONGEST_NAME = 60
_LONGEST_TIP = 1200
_FIRST_BYTE = re.compile(r": byte 0: (is |cannot )?")

_STATE_TONES = {
    CallState.RINGING: Tone.ACTIVE,
    CallState.ANSWERED: Tone.SUCCESS,
    CallState.COMPLETED: Tone.SUCCESS,
    CallState.CANCELLED: Tone.QUIET,
    CallState.BUSY: Tone.WARNING,
    CallState.DECLINED: Tone.WARNING,
    CallState.NO_ANSWER: Tone.WARNING,
    CallState.REDIRECTED: Tone.WARNING,
    CallState.FAILED: Tone.FAILURE,
    CallState.INCOMPLETE: Tone.QUIET,
}

_KIND_WORDS = {
    ConversationKind.REGISTRATION: "Registration",
    ConversationKind.KEEPALIVE: "Keep-alive",
    ConversationKind.SUBSCRIPTION: "Subscription",
    ConversationKind.PUBLICATION: "Publication",
    ConversationKind.MESSAGE: "Message",
    ConversationKind.OTHER: "Other",
}


def beside_icon(words: str) -> str:
    """The words of a button behind its icon: Qt leaves 4 px between the two at any size, which is little."""
    return f" {words}"


def cell(text: str) -> str:
    """Text from a packet for a table cell or a label: nothing in it acts, and it has an end."""
    return visible(text, _LONGEST_CELL)


def paragraph(text: str) -> str:
    """A sentence or several, with values from a packet in them, for a cell that wraps."""
    return visible(text, _LONGEST_TIP)


def tip(text: str) -> str:
    """A tooltip that shows exactly this text: Qt would take some plain texts for rich text, so it gets an escaped one."""
    if not text:
        return ""
    shown = "\n".join(visible(line) for line in _bounded(text).split("\n"))
    return f'<p style="white-space: pre-wrap; margin: 0">{html.escape(shown)}</p>'


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST_TIP else f"{text[:_LONGEST_TIP]}… ({len(text):,} characters)"


def duration(duration_ns: int | None) -> str:
    """A duration for a table cell; "" where there is none."""
    return "" if duration_ns is None else duration_words(duration_ns)


def clock(time_ns: int) -> str:
    """The time of day on this machine's clock."""
    return f"{_moment(time_ns):%H:%M:%S}"


def day_and_clock(time_ns: int) -> str:
    """Day and time of day to the millisecond, with the zone."""
    moment = _moment(time_ns)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{time_ns % NANOSECONDS // 1_000_000:03d} {moment:%Z}".rstrip()


def _moment(time_ns: int) -> datetime:
    try:
        return in_utc(time_ns).astimezone()
    except (OverflowError, ValueError, OSError):  # a capture may claim any year, and Windows has no local time before 1970
        return in_utc(0)


def size(count: int) -> str:
    """A file size for people."""
    value = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{count:,} bytes" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    raise AssertionError("the loop ends with GB")


def refusal(error: Exception | str) -> str:
    """Why a file cannot be opened, as people say it: of a file as a whole the command line names byte 0."""
    return _FIRST_BYTE.sub(lambda found: f" {found[1]}" if found[1] else ": ", str(error), count=1)


def state_tone(call: Call) -> Tone:
    """How a call went, as a tone."""
    return _STATE_TONES[call.state]


def party(name: str) -> str:
    """A caller or callee, also where the message names none."""
    return visible(name, _LONGEST_NAME) or "unknown"


def call_title(call: Call) -> str:
    """``1001 calls 1002``."""
    return f"{party(call.caller)} calls {party(call.callee)}"


def call_story(call: Call) -> str:
    """What follows on how the call went: ``rang after 12 ms · talked 6.3 s · caller hung up · 2 legs``."""
    words = list(outcome_words(call)[1:])
    if len(call.legs) > 1:
        words.append(f"{len(call.legs)} legs")
    return cell(" · ".join(words))


def conversation_kind(conversation: Conversation) -> str:
    """``Registration``, ``Subscription`` ..."""
    return _KIND_WORDS[conversation.kind]


def address_user(uri: str) -> str:
    """The user part of an address-of-record, or all of it where it has none."""
    _, _, rest = uri.partition(":")
    user, at, _ = rest.partition("@")
    return cell(user if at else rest or uri)


def conversation_title(conversation: Conversation) -> str:
    """``Registration of 1001``, ``Message from 1001 to 1002``."""
    kind = conversation_kind(conversation)
    sender, receiver = address_user(conversation.from_uri), address_user(conversation.to_uri)
    if conversation.kind in {ConversationKind.REGISTRATION, ConversationKind.PUBLICATION} or sender == receiver:
        return f"{kind} of {receiver or 'unknown'}"
    return f"{kind} from {sender or 'unknown'} to {receiver or 'unknown'}"


def spoken(observed: Observed) -> str:
    """A message in a word or two: its method, or its status and reason."""
    facts = observed.facts
    return cell(facts.method if facts.method is not None else f"{facts.status or ''} {facts.reason or ''}".strip())


def drops(progress: Progress) -> str:
    """How many packets were dropped while capturing, if that is known: other computers tell it at the end, agents never."""
    known = bool(progress.taps) and all(tap.dropped is not None for tap in progress.taps)
    return f"{progress.dropped:,} dropped" if progress.dropped or known else "drops not known"
