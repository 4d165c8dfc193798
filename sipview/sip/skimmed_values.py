"""How the skim reads start line, addresses, Via and CSeq: from unfolded text, and only as far as `Facts` needs.

The full parser has its own readers for the same; `tests/sip/test_two_readers.py` holds them to one answer.
"""

import re

from sipview.sip import faults as say

LWS = " \t\r\n"
_ITEM = re.compile(r"""(?:[^,"<]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z))*+""", re.DOTALL)
_PARAMETER = re.compile(r"""(?:[^;"<]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z))*+""", re.DOTALL)
_QUOTED = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ADDRESS_MARK = re.compile("[<;]")
_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)", re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# The forms that nearly every request line, From, To and Via has; their readers give the same for these as for all others,
# but slowly.
_USUAL_PORT = "(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
_USUAL_REQUEST = re.compile(r"([A-Z]+) ([^ \t\r\n]+) SIP/2\.0")
_USUAL_URI = rf"(sips?:(?:[^@:;?<>,\s]+@)?[A-Za-z0-9.\-]+{_USUAL_PORT})"
_USUAL_ADDRESS = re.compile(rf"""(?:(?:"[^"\\]*"|[^"<;]*)[ ]?<{_USUAL_URI}(?:;[^>@?]*)?>|{_USUAL_URI})(?:;tag=([^;,"<\s]+))?""")
_USUAL_VIA = re.compile(
    rf"""SIP/2\.0/[A-Z]+[ ]([A-Za-z0-9.\-]+{_USUAL_PORT})"""
    r"""(?:;[ac-zAC-Z][\w\-]*+(?:=[\w.:\-]*+)?+)*+;branch=([^;,"<\s]++)(?:;[\w=.:\-]*+)*+"""
)
_BLANKS = re.compile(r"[ \t\r\n]+")


def number_of(text: str, largest: int) -> int | None:
    """The decimal number that ``text`` is, or None if it is none or above ``largest`` (which has ten digits or fewer)."""
    if not (text.isdigit() and text.isascii()):
        return None
    if len(text) > 10:
        text = text.lstrip("0") or "0"
        if len(text) > 10:
            return None
    value = int(text)
    return value if value <= largest else None


def read_start_line(line: str) -> tuple[str | None, str, int | None, str | None, tuple[str, str] | None]:
    """Method, Request-URI, status, reason phrase and what is wrong."""
    usual = _USUAL_REQUEST.fullmatch(line)
    if usual is not None:
        return usual[1], usual[2], None, None, None
    if line[:4].upper() == "SIP/":
        version, code, reason = (*_BLANKS.split(line, 2), "", "")[:3]
        status = number_of(code, 9_999_999_999)
        fault = None
        if status is None or not 100 <= status <= 699:
            fault = ("bad-status", say.bad_status(code))
        if version.upper() != "SIP/2.0":
            fault = ("bad-version", say.bad_version(version))
        return None, "", -1 if status is None else status, reason, fault
    method, rest = (*_BLANKS.split(line, 1), "")[:2]
    blank = max(rest.rfind(" "), rest.rfind("\t"))
    target, version = (rest[: max(blank, 0)].strip(LWS), rest[blank + 1 :])
    if version[:4].upper() != "SIP/":
        target, version = rest, ""
    fault = None
    if not target or not version or not _TOKEN.fullmatch(method):
        fault = ("not-sip", say.NOT_SIP)
    elif version.upper() != "SIP/2.0":
        fault = ("bad-version", say.bad_version(version))
    return method, target, None, None, fault


def read_cseq(value: str) -> tuple[int | None, str, tuple[str, str] | None]:
    """Number, method and what is wrong."""
    if not value:
        return None, "", None
    written, method = (*_BLANKS.split(value, 1), "")[:2]
    number = number_of(written, 2**31 - 1)
    fault = ("bad-cseq", say.bad_cseq(value)) if number is None or not _TOKEN.fullmatch(method) else None
    return number, method, fault


def first_item(value: str) -> str:
    """The first value of a comma-separated list that is not empty."""
    at = 0
    while at < len(value):
        match = _ITEM.match(value, at)
        end = match.end() if match else len(value)
        item = value[at:end].strip(LWS)
        if item:
            return item
        at = end + 1
    return ""


def read_via(value: str) -> tuple[str, str]:
    """Sent-by and branch of the topmost Via value."""
    usual = _USUAL_VIA.fullmatch(value)
    if usual is not None:
        return usual[1], usual[2]
    value = first_item(value)
    head, semicolon, parameters = value.partition(";")
    head = head.strip(LWS)
    pieces = head.split("/", 2)
    sent_by = head if len(pieces) < 3 else _host_port((*_BLANKS.split(pieces[2].strip(LWS), 1), "")[1])
    return sent_by, parameter_value(semicolon + parameters, "branch")


def read_address(value: str) -> tuple[str, str]:
    """Address-of-record and tag of a From or To value."""
    usual = _USUAL_ADDRESS.fullmatch(value)
    if usual is not None:
        return usual[1] or usual[2], usual[3] or ""
    quoted = _QUOTED.match(value) if value.startswith('"') else None
    begin = quoted.end() if quoted else 0
    mark = _ADDRESS_MARK.search(value, begin)
    if mark is None:
        return _address_of_record(value[begin:]), ""
    if mark[0] == "<":
        address, _, rest = value[mark.end() :].partition(">")
        return _address_of_record(address), parameter_value(rest, "tag")
    return _address_of_record(value[begin : mark.start()]), parameter_value(value[mark.start() :], "tag")


def _address_of_record(uri: str) -> str:
    uri = uri.strip(LWS)
    match = _URI.match(uri)
    if match is None:
        return uri
    scheme, rest = match[1].lower(), match[2]
    if scheme == "tel":
        return f"tel:{rest.partition(';')[0].strip(LWS)}"
    if scheme not in ("sip", "sips"):
        return f"{scheme}:{rest.strip(LWS)}"
    user, at, host = rest.partition("@")
    if not at:
        user, host = "", rest
    host = _host_port(host.partition("?")[0].partition(";")[0])
    return f"{scheme}:{user.partition(':')[0].strip(LWS)}@{host}" if at else f"{scheme}:{host}"


def _host_port(text: str) -> str:
    """``host:port`` without white space around the colon; what is no port stays as it is."""
    text = text.strip(LWS)
    if text.startswith("["):
        host, bracket, after = text.partition("]")
        host, after = host + bracket, after.strip(LWS)
        if not bracket or (after and not after.startswith(":")):
            return text
        if not after:
            return host
        written = after[1:].strip(LWS)
    elif text.count(":") == 1:
        before, _, behind = text.partition(":")
        host, written = before.strip(LWS), behind.strip(LWS)
    else:
        return text
    port = number_of(written, 65535)
    return text if port is None else f"{host}:{port}"


def parameter_value(text: str, name: str) -> str:
    """The value of the first ``;name=value`` in a run of parameters, without quotes; "" where there is none."""
    at = text.find(";")
    if '"' not in text and "<" not in text:
        pieces = text.split(";")[1:]
    else:
        pieces, at = [], 0
        while at <= len(text):
            match = _PARAMETER.match(text, at)
            end = match.end() if match else len(text)
            pieces.append(text[at:end])
            at = end + 1
        pieces = pieces[1:]
    for piece in pieces:
        written, _, value = piece.partition("=")
        if written.strip(LWS).lower() == name:
            value = value.strip(LWS)
            return _ESCAPED.sub(r"\1", value[1:-1]) if _QUOTED.fullmatch(value) else value
    return ""
