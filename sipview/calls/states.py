"""What a call's end means, as tables: final status to state, methods, timers."""

import re

from sipview.calls.model import CallState
from sipview.values import NANOSECONDS

T1_NS = NANOSECONDS // 2
"""RFC 3261 17.1.1.1: the estimate of the round-trip time that all timers are made from."""

TIMER_B_NS = 64 * T1_NS
"""RFC 3261 17.1.1.2 and 17.1.2.2: so long does a client wait for any response (timers B and F)."""

LAST_TRANSMISSION = 7
"""RFC 3261 17.1.1.2: an INVITE over UDP is sent at most so often before timer B fires."""

TIMER_C_NS = 180 * NANOSECONDS
"""RFC 3261 16.6 item 11: so long may a call ring since the last provisional response."""

CALL_METHODS = frozenset({"INVITE", "ACK", "BYE", "CANCEL", "PRACK"})
"""Methods that exist in calls only."""

IN_CALL_METHODS = frozenset({"INFO", "UPDATE", "REFER"})
"""Methods that belong to a call where they are sent within a dialog (with a To tag)."""

CHALLENGES = frozenset({401, 407})

_STATE_OF_STATUS = {
    408: CallState.NO_ANSWER,
    486: CallState.BUSY,
    487: CallState.CANCELLED,
    600: CallState.BUSY,
    603: CallState.DECLINED,
    607: CallState.DECLINED,
}
_STATE_OF_STATUS_AFTER_RINGING = {480: CallState.NO_ANSWER}
_STATE_OF_CLASS = {2: CallState.ANSWERED, 3: CallState.REDIRECTED}

_STATE_OF_CAUSE = {
    16: CallState.NO_ANSWER,  # normal call clearing, while it rang: a switch gave up waiting
    17: CallState.BUSY,  # user busy
    18: CallState.NO_ANSWER,  # no user responding
    19: CallState.NO_ANSWER,  # user alerted, no answer
}
_Q850_CAUSE = re.compile(r"Q\.850[^,]*?;\s*cause\s*=\s*(\d{1,3})\b", re.IGNORECASE)


def state_of_final(status: int, reason_header: str, *, rang: bool) -> CallState:
    """The state of a call whose INVITE got this final response.

    A switch that gives up ringing may say 603 although no person declined anything (Asterisk does when nobody picks up);
    its Reason header field then has the cause of ITU-T Q.850 (RFC 3326, RFC 6432), which tells it from a refusal (21).
    """
    if rang and status == 603:
        cause = _Q850_CAUSE.search(reason_header)
        if cause is not None and int(cause[1]) in _STATE_OF_CAUSE:
            return _STATE_OF_CAUSE[int(cause[1])]
    if rang and status in _STATE_OF_STATUS_AFTER_RINGING:
        return _STATE_OF_STATUS_AFTER_RINGING[status]
    return _STATE_OF_STATUS.get(status) or _STATE_OF_CLASS.get(status // 100, CallState.FAILED)
