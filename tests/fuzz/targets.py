"""What is fed with hostile bytes: entry points that must give an answer, or refuse in words, for anything.

Each target takes bytes and returns; an exception that gets out is a defect. `test_targets.py` runs them on the corpus and some
damage in the normal suite, `fuzz_capture.py` for as long as one likes under a fuzzer.
"""

import ssl
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sipview.capture import CaptureError
from sipview.explain import Explanation, Setting, explain
from sipview.export.fonts import FontTableMeasure
from sipview.export.text import text_ladder
from sipview.filter import FilterError
from sipview.filter import parse as parse_filter
from sipview.ladder import LadderOptions
from sipview.session import Analysis, catalogue, packet_line
from sipview.sip import parse, skim
from sipview.streams import SipCutter
from sipview.streams.tls import KeyLog
from sipview.streams.tls.connection import TlsConnection
from sipview.values import CancelToken
from tests.support.needs import CHECKOUT
from tests.support.tls_peers import Flight, Peers, write_certificate
from tests.support.traps import DIALOGUE, traps

Target = Callable[[bytes], None]
_FEW = 20  # of a capture's messages and calls that are opened
_folder = tempfile.TemporaryDirectory(prefix="sipview-fuzz-")


def capture(data: bytes) -> None:
    """A capture file read end to end: packets, messages, calls, explanations, ladders."""
    path = Path(_folder.name, "input")
    path.write_bytes(data)
    try:
        analysis = Analysis([path], Path(_folder.name, "spool"))
    except CaptureError as refusal:
        sentence = str(refusal)
    else:
        _ask_everything(analysis)
        return
    assert ": byte " in sentence


def _ask_everything(analysis: Analysis) -> None:
    try:
        snapshot = analysis.load(CancelToken())
        index = snapshot.index
        assert index is not None
        for row in range(min(snapshot.packets, _FEW)):
            packet_line(index, row, {})
        for seen in snapshot.messages[:_FEW]:
            assert 0 <= seen.row < snapshot.packets
            assert analysis.message_data(seen.position)
            analysis.explain(seen.position)
        for call in snapshot.conversations.calls[:_FEW]:
            title, subtitle = analysis.heading([call])
            text_ladder(analysis.ladder([call], LadderOptions(title=title, subtitle=subtitle), FontTableMeasure()))
        for found in snapshot.problems:
            assert 0 <= found.problem.start <= found.problem.end
        filtered = parse_filter('sip.Method == "INVITE" || rtp || vlan.id == 42 || sip.Via contains "x"')
        assert filtered.evaluate(analysis.fields()).size == snapshot.packets
    finally:
        analysis.close()


def message(data: bytes) -> None:
    """Bytes as one SIP message, by both readers and explained."""
    skim(data)
    whole = parse(data)
    for problem in whole.problems:
        assert 0 <= problem.start <= problem.end <= len(data)
    for explanation in explain(whole, Setting(), catalogue()):
        _inside(explanation, len(data))


def _inside(explanation: Explanation, size: int) -> None:
    assert 0 <= explanation.start <= explanation.end <= size
    for child in explanation.children:
        _inside(child, size)


def display_filter(data: bytes) -> None:
    """Bytes as a display filter: it is one, or the fault is located in it."""
    text = data.decode("utf-8", "replace")
    fault = None
    try:
        parse_filter(text)
    except FilterError as error:
        fault = error
    assert fault is None or (0 <= fault.start <= len(text) and fault.sentence)


def tls(data: bytes) -> None:
    """A key log, a zero byte, and segments of a TLS connection as `segments` writes them."""
    log, _, data = data.partition(b"\0")
    connection = TlsConnection(KeyLog(log), lambda _: SipCutter())
    at, row, sequence = 0, 0, [1, 1]
    while at + 2 <= len(data):
        head = int.from_bytes(data[at : at + 2], "big")
        side, piece = head & 1, data[at + 2 : at + 2 + (head >> 1)]
        connection.push(side, sequence[side], piece, row)
        sequence[side] += len(piece)
        at += 2 + len(piece)
        row += 1
    connection.finish()


def segments(flights: Iterable[Flight]) -> bytes:
    """Each flight behind two bytes: its length, and in the lowest bit its side."""
    return b"".join((len(flight.data) << 1 | flight.side).to_bytes(2, "big") + flight.data for flight in flights)


TARGETS: tuple[Target, ...] = (capture, message, display_filter, tls)
FILTERS = (
    'sip.Method == "INVITE" && ip.addr == 10.0.0.0/8',
    "!(sip.Status-Code in {400..499, 503}) or frame.time_relative <= 1.5",
    'frame.time > "2024-05-31 14:00:00" and udp.port != 5060',
    r'all sip.Via matches r"^SIP/2\.0/(UDP|TCP)" || sdp contains "PCMU"',
    'call.state == "busy" && call.duration > 3 || ipv6.addr in {fd00::/16, fd01::1..fd01::ff}',
    "not any rtp.ssrc == 0x1234 && rtp.marker == True",
)


def run(data: bytes) -> None:
    """The target that the first byte chooses, with the bytes behind it."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def corpus() -> Iterator[bytes]:
    """Good input for every target, to be damaged."""
    for trap in traps():
        yield bytes([0]) + trap.pcapng
        if not trap.key_log:
            yield bytes([0]) + trap.pcap
    for path in sorted((CHECKOUT / "tests" / "data" / "messages").glob("*.sip")):
        yield bytes([1]) + path.read_bytes()
    for text in FILTERS:
        yield bytes([2]) + text.encode()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        certificate = write_certificate(folder, elliptic=True)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            log = folder / version.name
            peers = Peers(certificate, log, None, version)
            for said in DIALOGUE[1:]:
                peers.send(said.side, said.data)
            yield bytes([3]) + log.read_bytes() + b"\0" + segments(peers.flights)
