"""The Reason header field (RFC 3326) in a few words."""

import re

_QUOTED_TEXT = re.compile(r';\s*text\s*=\s*"((?:[^"\\]|\\.){0,500})"', re.IGNORECASE)
_BARE_TEXT = re.compile(r";\s*text\s*=\s*([^\s;,\"]{1,200})", re.IGNORECASE)
_CAUSE = re.compile(r"^\s*([^\s;]{1,32})\s*;(?:[^,]{0,200};)?\s*cause\s*=\s*(\d{1,4})", re.IGNORECASE)

# ITU-T Q.850 table 1, the causes that gateways and PBXs send.
_Q850_CAUSES = {
    1: "unallocated number",
    2: "no route to transit network",
    3: "no route to destination",
    16: "normal call clearing",
    17: "user busy",
    18: "no user responding",
    19: "no answer from user",
    20: "subscriber absent",
    21: "call rejected",
    22: "number changed",
    26: "answered elsewhere",
    27: "destination out of order",
    28: "invalid number format",
    29: "facility rejected",
    31: "normal, unspecified",
    34: "no circuit available",
    38: "network out of order",
    41: "temporary failure",
    42: "switching equipment congestion",
    44: "requested circuit not available",
    47: "resource unavailable",
    50: "requested facility not subscribed",
    55: "incoming calls barred",
    57: "bearer capability not authorized",
    58: "bearer capability not available",
    63: "service not available",
    65: "bearer capability not implemented",
    79: "service not implemented",
    88: "incompatible destination",
    102: "recovery on timer expiry",
    111: "protocol error",
    127: "interworking",
}


def reason_in_words(value: str) -> str:
    """What a Reason header field says: its text, else the name of its Q.850 cause, else protocol and cause as sent.

    Gives "" for an empty value. Of a longer value only the first 1,000 characters are looked at.
    """
    value = value[:1000].strip()
    quoted = _QUOTED_TEXT.search(value)
    if quoted and quoted[1].strip():
        return re.sub(r"\\(.)", r"\1", quoted[1]).strip()
    bare = _BARE_TEXT.search(value)
    if bare:
        return bare[1]
    cause = _CAUSE.match(value)
    if cause:
        protocol, number = cause[1], int(cause[2])
        if protocol.upper() == "Q.850" and number in _Q850_CAUSES:
            return _Q850_CAUSES[number]
        return f"{protocol} cause {number}"
    return value.partition(";")[0]
