"""SIP messages for tests: a short way to write one, and made-up ones whose facts are known because we made them."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sipview.sip import Facts

__all__ = ["Composed", "composed_messages", "message", "mutated"]

ORDINARY: dict[str, str] = {
    "Via": "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1",
    "Max-Forwards": "70",
    "From": '"Bob" <sip:101@pbx>;tag=a1',
    "To": "<sip:102@pbx>",
    "Call-ID": "c1@10.0.0.1",
    "CSeq": "1 OPTIONS",
    "Content-Length": "0",
}
"""The header fields of an OPTIONS that is right in everything."""


def message(*lines: str, start: str = "OPTIONS sip:102@pbx SIP/2.0", body: bytes | str = b"", **changed: str | None) -> bytes:
    """An ordinary message with other header fields, written ``Call_ID="x"``; None leaves one out. ``lines`` come last."""
    body = body.encode() if isinstance(body, str) else body
    fields: dict[str, str | None] = dict(ORDINARY)
    fields["Content-Length"] = str(len(body))
    for name, value in changed.items():
        fields[name.replace("_", "-")] = value
    head = [start, *(f"{name}: {value}" for name, value in fields.items() if value is not None), *lines]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Composed:
    """A made-up message, and what a reader must find in it."""

    data: bytes
    facts: Facts


_COMPACT = {"From": "f", "To": "t", "Call-ID": "i", "Via": "v", "Content-Length": "l", "Content-Type": "c"}
_WORD = st.text("abcXYZ0189-_.", min_size=1, max_size=8)
_TOKEN = st.text("abcXYZ0189-_.!%*+`'~", min_size=1, max_size=12)
_QUOTABLE = st.text(st.characters(codec="utf-8", exclude_characters='\r\n\\"'), max_size=12)
_PORT = st.integers(1, 65535)
_BLANK = st.sampled_from(["", " ", "  ", "\t", " \r\n ", "\r\n\t"])


@st.composite
def _hosts(draw: st.DrawFn) -> str:
    host = draw(
        st.one_of(st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda a: f"[{a}]"), st.just("pbx.example.com"))
    )
    return f"{host}:{draw(_PORT)}" if draw(st.booleans()) else host


@st.composite
def _addresses_of_record(draw: st.DrawFn) -> str:
    scheme = draw(st.sampled_from(["sip", "sip", "sips", "tel"]))
    if scheme == "tel":
        return f"tel:+{draw(st.integers(0, 10**12))}"
    user = draw(
        st.one_of(st.none(), st.text("abc019.-_+%;?/&=$,", min_size=1, max_size=10).map(lambda u: u.replace("%", "%2F")))
    )
    return f"{scheme}:{user}@{draw(_hosts())}" if user is not None else f"{scheme}:{draw(_hosts())}"


@st.composite
def _addresses(draw: st.DrawFn, address: str, tag: str) -> str:
    """The address of record in one of the forms that From and To may have it in."""
    blank = draw(_BLANK)
    parameters = [f"x={draw(_TOKEN)}", f'y="{draw(_TOKEN)};tag=<,>"', "z"][: draw(st.integers(0, 3))]
    if tag:
        name = draw(st.sampled_from(["tag", "TAG", "Tag"]))
        parameters.insert(draw(st.integers(0, len(parameters))), f"{name}{blank}={blank}{tag}")
    tail = "".join(f"{draw(_BLANK)};{draw(_BLANK)}{parameter}" for parameter in parameters)
    bare = not any(mark in address for mark in ";?,")
    form = draw(st.sampled_from(["quoted", "token", "brackets", *(["bare"] if bare else [])]))
    if form == "bare":
        return address + tail
    inside = draw(st.sampled_from(["", ";transport=udp", ";lr;ob"] + ["?Subject=x"] * address.startswith("sip")))
    display = {"quoted": f'"{draw(_QUOTABLE)}\\"<sip:no@no>;,"', "token": "Bob B. ", "brackets": ""}[form]
    return f"{display}{blank}<{address}{inside}>{tail}"


@st.composite
def _vias(draw: st.DrawFn, sent_by: str, branch: str) -> str:
    before = draw(st.sampled_from(["", ";rport", ";received=10.0.0.7;rport=5061", f'{draw(_BLANK)};x="a,b;branch=no"']))
    after = draw(st.sampled_from(["", ";alias", ', SIP/2.0/TCP other;branch="z9hG4bKno"']))
    protocol = draw(st.sampled_from(["SIP/2.0/UDP", "SIP/2.0/TCP", "SIP / 2.0\r\n /UDP"]))
    name = draw(st.sampled_from(["branch", "Branch"]))
    return f"{protocol} {sent_by}{before}{f';{name}={branch}' if branch else ''}{after}"


@st.composite
def composed_messages(draw: st.DrawFn) -> Composed:
    """Right messages in all the odd ways that RFC 3261 allows: any order, case, compact names, folds, blank lines before."""
    method = draw(st.sampled_from(["INVITE", "ACK", "BYE", "REGISTER", "OPTIONS", "x-%41"]))
    status = draw(st.one_of(st.none(), st.integers(100, 699)))
    reason = draw(st.sampled_from(["OK", "", "Не здесь", "a  b"]))
    call_id, number = draw(_TOKEN), draw(st.integers(0, 2**31 - 1))
    from_uri, to_uri = draw(_addresses_of_record()), draw(_addresses_of_record())
    from_tag, to_tag = draw(_TOKEN), draw(_TOKEN)
    branch, sent_by = draw(_TOKEN.map(lambda token: f"z9hG4bK{token}")), draw(_hosts())
    request_uri = draw(_addresses_of_record())
    body = draw(st.sampled_from([b"", b"", b"v=0\r\n", b"\x00\xff\r\n\r\n"]))
    has_sdp = body.startswith(b"v=")
    optional: dict[str, str] = {}
    if has_sdp:
        optional["Content-Type"] = draw(st.sampled_from(["application/sdp", "Application/SDP ;x=y"]))
    elif body:
        optional["Content-Type"] = "text/plain"
    expires = draw(st.one_of(st.none(), st.integers(0, 2**32 - 1)))
    if expires is not None:
        optional["Expires"] = str(expires)
    agent = draw(st.sampled_from(["", "Phone/1.0 (build, 7)"]))
    if agent:
        optional["User-Agent"] = agent
    credentials = draw(st.booleans())
    if credentials:
        optional[draw(st.sampled_from(["Authorization", "Proxy-Authorization"]))] = 'Digest username="a", realm="b"'
    why = draw(st.sampled_from(["", 'Q.850;cause=16;text="Terminated"']))
    if why:
        optional["Reason"] = why
    if draw(st.booleans()):
        optional[f"X-{draw(_WORD)}"] = draw(_QUOTABLE)
    fields = [
        ("Via", draw(_vias(sent_by, branch))),
        ("From", draw(_addresses(from_uri, from_tag))),
        ("To", draw(_addresses(to_uri, to_tag))),
        ("Call-ID", call_id),
        ("CSeq", f"{number:0{draw(st.integers(1, 12))}}{draw(st.sampled_from([' ', '  ', chr(13) + chr(10) + ' ']))}{method}"),
        ("Max-Forwards", "70"),
        ("Contact", "<sip:a@10.0.0.1>"),
        ("Content-Length", str(len(body))),
        *optional.items(),
    ]
    lines = [draw(_lines(name, value)) for name, value in draw(st.permutations(fields))]
    start = f"{method} {request_uri} SIP/2.0" if status is None else f"sip/2.0 {status} {reason}"
    before = draw(st.sampled_from(["", "", "\r\n", "\r\n\r\n"]))
    head = before + "\r\n".join([start, *lines]) + "\r\n\r\n"
    data = head.replace("\r\n", draw(st.sampled_from(["\r\n", "\r\n", "\n"]))).encode() + body
    facts = Facts(
        method=method if status is None else None,
        request_uri=request_uri if status is None else "",
        status=status,
        reason=reason if status is not None else None,
        call_id=call_id,
        cseq_number=number,
        cseq_method=method,
        from_uri=from_uri,
        from_tag=from_tag,
        to_uri=to_uri,
        to_tag=to_tag,
        branch=branch,
        via_sent_by=sent_by,
        user_agent=agent,
        has_credentials=credentials and status is None,
        sdp=has_sdp,
        expires=expires,
        reason_header=why,
        problems=(),
    )
    return Composed(data, facts)


@st.composite
def _lines(draw: st.DrawFn, name: str, value: str) -> str:
    written = draw(st.sampled_from([name, name, name.upper(), name.lower(), _COMPACT.get(name, name)]))
    before, behind = draw(st.sampled_from(["", "", " ", "\t"])), draw(st.sampled_from(["", " ", "  ", " \r\n "]))
    return f"{written}{before}:{behind}{value}"


_NOISE = [bytes([byte]) for byte in b'\r\n \t"\\<>;,:@[]=/?()\x00\xff\xc3%0a']
_NOISE += [b"\r\n", b"\r\n ", b"tag=", b"branch=", b";tag", b"sip:", b"tel:", b"SIP/2.0", b"From: <", b"v:", b"l:7"]


@st.composite
def mutated(draw: st.DrawFn, messages: st.SearchStrategy[Any]) -> bytes:
    """One of the messages with bytes cut away, put in, doubled or changed in a few places."""
    drawn = draw(messages)
    data: bytes = drawn.data if isinstance(drawn, Composed) else drawn
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 12))
        what = draw(st.sampled_from(["put in", "put in", "put in", "replace", "cut out", "cut off", "double"]))
        noise = draw(st.one_of(st.sampled_from(_NOISE), st.binary(min_size=1, max_size=3)))
        data = {
            "put in": data[:at] + noise + data[at:],
            "replace": data[:at] + noise + data[at + length :],
            "cut out": data[:at] + data[at + length :],
            "cut off": data[:at],
            "double": data[: at + 4 * length] + data[at:],
        }[what]
    return data
