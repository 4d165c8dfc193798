"""The kinds of problem that the readers of a SIP message report, and how bad each is.

Both readers say the same sentence about the same fault; the sentences that both know are written here.
"""

from typing import TYPE_CHECKING

from sipview.values import Problem

if TYPE_CHECKING:  # the skim says these sentences too, and starts without the readers of the full parser
    from sipview.sip.octets import Octets

Faults = list[Problem]
"""Where a reader leaves the problems that it meets."""

WORST_FIRST = (
    "not-sip",
    "bad-version",
    "bad-status",
    "no-from",
    "no-to",
    "no-call-id",
    "no-cseq",
    "no-via",
    "method-mismatch",
    "bad-cseq",
    "repeated-field",
    "bad-content-length",
    "body-cut",
    "no-empty-line",
    "bad-expires",
)
"""The kinds that the skim reports too, the worst first. The full parser knows many more."""

RANK = {kind: rank for rank, kind in enumerate(WORST_FIRST)}

NOT_SIP = "This is no SIP message: the first line is neither a request line nor a status line."
HEADER_CUT = "The header part has no end: the empty line is missing."

_MANDATORY_SECTION = "RFC 3261 8.1.1"


def fault(faults: Faults, kind: str, part: "Octets", text: str) -> None:
    """Report a problem of the bytes of ``part``."""
    faults.append(Problem(kind, part.start, part.end, text))


def missing(name: str) -> str:
    """A header field that every message must have is not there."""
    return f"The {name} header field is missing; every message must have it ({_MANDATORY_SECTION})."


def repeated(name: str, times: int) -> str:
    """A header field that may stand once stands more than once."""
    return f"The {name} header field is there {times} times; only one is allowed, and the first counts here."


def bad_version(version: str) -> str:
    """A version other than SIP/2.0."""
    return f"The version is {shortened(version)}; the only one that there is, is SIP/2.0."


def bad_status(written: str) -> str:
    """A status code that is no number from 100 to 699."""
    return f"The status code {shortened(written)} is not between 100 and 699."


def bad_cseq(written: str) -> str:
    """A CSeq without a number below 2**31."""
    return f"CSeq needs a number below 2147483648 and a method; it says {shortened(written)} (RFC 3261 20.16)."


def method_mismatch(method: str, cseq_method: str) -> str:
    """CSeq names another method than the request line."""
    return f"The request is {shortened(method)}, but CSeq names {shortened(cseq_method)} (RFC 3261 8.1.1.5)."


def bad_content_length(written: str) -> str:
    """A Content-Length that is no number."""
    return f"Content-Length says {shortened(written)}, which is no length."


def body_cut(length: int, present: int) -> str:
    """A body that is shorter than Content-Length says."""
    return f"Content-Length says {length} bytes, but only {present} are there: the message is cut."


def bad_expires(written: str) -> str:
    """An Expires that is no number of seconds below 2**32."""
    return f"Expires says {shortened(written)}, which is no number of seconds below 4294967296 (RFC 3261 20.19)."


def shortened(text: str, longest: int = 60) -> str:
    """The text, cut with an ellipsis where it would fill a sentence; an empty one as two quotes."""
    if not text:
        return '""'
    return text if len(text) <= longest else text[: longest - 1] + "…"
