"""The filter that finds all messages which say the same as one part of an explained message."""

from collections.abc import Sequence

from sipview.explain import Explanation
from sipview.filter import FieldType, FilterError, fields, find_field, parse
from sipview.filter.syntax import quoted

_LONGEST_VALUE = 1000
_PARTS = {
    "request-line/method": "sip.Method",
    "request-line/request-uri": "sip.r-uri",
    "request-line/request-uri/user": "sip.r-uri.user",
    "request-line/request-uri/host": "sip.r-uri.host",
    "status-line/status-code": "sip.Status-Code",
    "cseq/number": "sip.CSeq.seq",
    "cseq/method": "sip.CSeq.method",
    "contact/uri/user": "sip.contact.user",
    "contact/uri/host": "sip.contact.host",
    "via/branch": "sip.Via.branch",
    "via/received": "sip.Via.received",
    **{
        f"{end}/{part}": f"sip.{end}.{name}"
        for end in ("from", "to")
        for part, name in (("uri/user", "user"), ("uri/host", "host"), ("tag", "tag"))
    },
}
"""Names of parts, from the outermost, and the fields that have their values."""

# Not the whole of it can be told apart: the address-of-record is without parameters, and may have an escaped user part.
_CONTAINED = frozenset({"sip.r-uri"})


def filter_for(parts: Sequence[Explanation]) -> str | None:
    """The filter for a part, named by the parts that it lies in from the outermost to itself; None where there is none.

    A parameter is found by its value, a header field by all of its value as sent.
    """
    path = "/".join(part.field.lower() for part in parts)
    name = _PARTS.get(path)
    value = parts[-1].value
    if name is None and len(parts) == 1:
        name = _field_of_header(parts[0].field)
    if name is None:
        return None
    if "=" in value and len(parts) == 2 and parts[-1].field.lower() == value.partition("=")[0].strip().lower():
        value = value.partition("=")[2].strip()
    if not value or len(value) > _LONGEST_VALUE:
        return None
    field = find_field(name)
    assert field is not None, "the table has fields of the language"
    if field.type is not FieldType.UNSIGNED:
        value = quoted(" ".join(value.split()) if "\n" in value else value)
    words = f"{name} {'contains' if name in _CONTAINED else '=='} {value}"
    try:
        parse(words)
    except FilterError:
        return None
    return words


def _field_of_header(header: str) -> str | None:
    for name in (f"sip.{header}", *(field.name for field in fields().values() if (field.header or "") == header)):
        if find_field(name) is not None:
            return name
    return None
