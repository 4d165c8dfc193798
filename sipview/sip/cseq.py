"""Reading CSeq (RFC 3261 20.16)."""

from sipview.sip import faults as say
from sipview.sip.faults import Faults, fault
from sipview.sip.octets import Octets, number
from sipview.sip.values import CSeq

LARGEST_CSEQ = 2**31 - 1


def read_cseq(part: Octets, faults: Faults) -> CSeq:
    """Read ``number method``; what is no number below 2**31 gives ``number`` None."""
    digits, method = part.first_word()
    value = number(digits.latin, LARGEST_CSEQ)
    if value is None or not method.is_token:
        fault(faults, "bad-cseq", part, say.bad_cseq(str(part)))
    return CSeq(value, str(method), digits.span, method.span)
