"""Reading CSeq (RFC 3261 20.16) and RAck, which quotes one (RFC 3262 7.2)."""

from sipview.sip import faults as say
from sipview.sip.faults import Faults, fault, shortened
from sipview.sip.octets import Octets, number
from sipview.sip.values import CSeq, RAck

LARGEST_CSEQ = 2**31 - 1
LARGEST_RSEQ = 2**32 - 1


def read_cseq(part: Octets, faults: Faults) -> CSeq:
    """Read ``number method``; what is no number below 2**31 gives ``number`` None."""
    digits, method = part.first_word()
    value = number(digits.latin, LARGEST_CSEQ)
    if value is None or not method.is_token:
        fault(faults, "bad-cseq", part, say.bad_cseq(str(part)))
    return CSeq(value, str(method), digits.span, method.span)


def read_rack(part: Octets, faults: Faults) -> RAck:
    """Read RAck: ``response-number CSeq-number method`` (RFC 3262 7.2)."""
    rseq, rest = part.first_word()
    cseq, method = rest.first_word()
    rack = RAck(
        rseq=number(rseq.latin, LARGEST_RSEQ),
        cseq=number(cseq.latin, LARGEST_CSEQ),
        method=str(method),
    )
    if rack.rseq is None or rack.cseq is None or not method.is_token:
        fault(faults, "bad-rack", part, f"RAck needs two numbers and a method; it says {shortened(str(part))} (RFC 3262 7.2).")
    return rack
