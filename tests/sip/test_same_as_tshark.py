"""What the readers find in real messages is what tshark finds in them."""

import subprocess
from collections.abc import Iterator
from functools import cache

import pytest

from sipview.sip import parse, skim
from sipview.sip.parser import authentications, cseq, name_addrs, session_description, vias
from tests.support.needs import CHECKOUT, require_tool

CAPTURE = CHECKOUT / "tests" / "data" / "sip" / "messages.pcap"
_FIELDS = """
udp.payload sip.Method sip.Status-Code sip.r-uri sip.Call-ID sip.CSeq.seq sip.CSeq.method sip.from.addr sip.from.user
sip.from.host sip.from.port sip.from.tag sip.to.addr sip.to.user sip.to.host sip.to.port sip.to.tag sip.Via.branch
sip.Via.transport sip.Via.sent-by.address sip.Via.sent-by.port sip.User-Agent sip.Server sip.Expires sip.contact.uri
sip.auth.scheme sip.auth.realm sip.auth.username sip.Record-Route.uri sip.Content-Length sdp.media.media sdp.media.port
sdp.media.proto sdp.media sdp.mime.type sdp.connection_info.address sdp.owner
"""
FIELDS = tuple(_FIELDS.split())
Row = dict[str, list[str]]


@cache
def _rows() -> tuple[Row, ...]:
    command = [require_tool("tshark"), "-n", "-r", str(CAPTURE), "-Y", "sip", "-T", "fields", "-E", "separator=\x1f"]
    command += ["-E", "aggregator=\x1e", *(part for name in FIELDS for part in ("-e", name))]
    lines = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace").rstrip("\n").split("\n")
    cells = (line.split("\x1f") for line in lines)
    return tuple(dict(zip(FIELDS, [cell.split("\x1e") if cell else [] for cell in row], strict=True)) for row in cells)


def _messages() -> Iterator[tuple[bytes, Row]]:
    rows = _rows()
    assert len(rows) > 60
    for row in rows:
        yield bytes.fromhex(row["udp.payload"][0]), row


def _first(row: Row, name: str) -> str:
    return row[name][0] if row[name] else ""


def _address_of_record(row: Row, side: str) -> str:
    user, host, port = (_first(row, f"sip.{side}.{part}") for part in ("user", "host", "port"))
    scheme = _first(row, f"sip.{side}.addr").partition(":")[0]
    if ":" in host:
        host = f"[{host.strip('[]')}]"
    return f"{scheme}:{f'{user}@' if user else ''}{host}{f':{port}' if port else ''}"


@pytest.mark.needs_tshark
def test_the_skim_finds_what_tshark_finds() -> None:
    for data, row in _messages():
        facts = skim(data)
        assert (facts.method or "") == _first(row, "sip.Method")
        assert facts.request_uri == _first(row, "sip.r-uri")
        assert str(facts.status or "") == _first(row, "sip.Status-Code")
        assert facts.call_id == _first(row, "sip.Call-ID")
        assert (str(facts.cseq_number), facts.cseq_method) == (_first(row, "sip.CSeq.seq"), _first(row, "sip.CSeq.method"))
        assert facts.from_uri == _address_of_record(row, "from")
        assert facts.to_uri == _address_of_record(row, "to")
        assert (facts.from_tag, facts.to_tag) == (_first(row, "sip.from.tag"), _first(row, "sip.to.tag"))
        assert facts.branch == _first(row, "sip.Via.branch")
        assert facts.via_sent_by.lstrip("[").startswith(_first(row, "sip.Via.sent-by.address").strip("[]"))
        assert facts.user_agent == (_first(row, "sip.Server") if facts.status else "") or _first(row, "sip.User-Agent")
        assert str("" if facts.expires is None else facts.expires) == _first(row, "sip.Expires")
        assert facts.sdp == bool(row["sdp.owner"])
        assert facts.problems == ()


@pytest.mark.needs_tshark
def test_the_parser_finds_what_tshark_finds() -> None:
    for data, row in _messages():
        message = parse(data)
        number = cseq(message)
        assert number is not None
        assert str(number.number) == _first(row, "sip.CSeq.seq")
        assert [via.branch for via in vias(message)] == row["sip.Via.branch"]
        assert [via.transport for via in vias(message)] == row["sip.Via.transport"]
        assert [via.host.strip("[]") for via in vias(message)] == [host.strip("[]") for host in row["sip.Via.sent-by.address"]]
        assert [str(via.port) for via in vias(message) if via.port is not None] == row["sip.Via.sent-by.port"]
        for header, name in (("From", "sip.from.addr"), ("To", "sip.to.addr"), ("Record-Route", "sip.Record-Route.uri")):
            assert [address.uri.text for address in name_addrs(message, header)] == row[name]
        contacts = [address.uri.text for address in name_addrs(message, "Contact") if not address.wildcard]
        assert contacts == [uri for uri in row["sip.contact.uri"] if uri != "*"]
        kinds = ("Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate")
        found = [authentication for kind in kinds for authentication in authentications(message, kind)]
        assert [authentication.scheme for authentication in found] == row["sip.auth.scheme"]
        for name in ("realm", "username"):
            parameters = (authentication.parameter(name) for authentication in found)
            # tshark keeps the quotes
            assert [parameter.value for parameter in parameters if parameter] == [
                text.strip('"') for text in row[f"sip.auth.{name}"]
            ]
        if row["sip.Content-Length"]:
            assert len(message.body) == int(row["sip.Content-Length"][0])


@pytest.mark.needs_tshark
def test_session_descriptions_are_those_of_tshark() -> None:
    described = 0
    for data, row in _messages():
        description = session_description(parse(data))
        if description is None:
            assert not row["sdp.owner"]
            continue
        described += 1
        assert description.origin == _first(row, "sdp.owner")
        assert [media.kind for media in description.media] == row["sdp.media.media"]
        assert [str(media.port) for media in description.media] == row["sdp.media.port"]
        assert [media.profile for media in description.media] == row["sdp.media.proto"]
        assert {media.address for media in description.media} <= set(row["sdp.connection_info.address"])
        lines = [f"{media.kind} {media.port} {media.profile} {' '.join(media.formats)}" for media in description.media]
        assert lines == row["sdp.media"]
        mapped = {
            codec.encoding for media in description.media for codec in media.codecs if codec.encoding and not codec.static
        }
        assert mapped == set(row["sdp.mime.type"])
    assert described > 10
