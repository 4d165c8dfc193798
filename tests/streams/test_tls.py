"""TLS written by OpenSSL, read by us with the secrets that OpenSSL logged."""

import json
import re
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sipview.streams import Cut, SipCutter
from sipview.streams.tls import KeyLog
from sipview.streams.tls.connection import TlsConnection
from sipview.streams.tls.handshake import HELLO_RETRY_RANDOM, read_x509
from sipview.streams.tls.suites import SUITES
from tests.support import tls_writer
from tests.support.captures import every_ms, pcap, tcp, write
from tests.support.needs import CHECKOUT, require_tool
from tests.support.tls_peers import SERVER_NAME, Peers, write_certificate
from tests.support.tshark import fields

RECORDED = CHECKOUT / "tests" / "data" / "tls"

INVITE = b"INVITE sip:1002@pbx SIP/2.0\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n"
RINGING = b"SIP/2.0 180 Ringing\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n"
BIG = b"MESSAGE sip:1002@pbx SIP/2.0\r\nContent-Length: 40000\r\n\r\n" + b"x" * 40000

RSA_SUITES = [
    "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "AES128-GCM-SHA256",
    "AES256-GCM-SHA384", "AES128-CCM", "AES256-CCM8", "AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA256",
    "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256",
    "CAMELLIA128-SHA", "CAMELLIA256-SHA",
]  # fmt: skip
ECDSA_SUITES = [
    "ECDHE-ECDSA-AES128-CCM",
    "ECDHE-ECDSA-AES256-CCM8",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    folder = tmp_path_factory.mktemp("certificates")
    return {elliptic: write_certificate(folder, elliptic=elliptic) for elliptic in (False, True)}


def call(certificate: Path, key_log: Path, ciphers: str | None, version: ssl.TLSVersion) -> Peers:
    peers = Peers(certificate, key_log, ciphers, version)
    peers.send(0, INVITE)
    peers.send(1, RINGING)
    peers.send(0, BIG)
    peers.send(1, RINGING + RINGING)
    peers.close()
    return peers


def read(peers: Peers, key_log: bytes, size: int = 1460) -> tuple[list[Cut], TlsConnection]:
    connection = TlsConnection(KeyLog(key_log), lambda _: SipCutter())
    for side in (0, 1):
        connection.push(side, 0, b"", 0, syn=True)
    cuts = []
    for row, (side, sequence, data) in enumerate(peers.segments(size)):
        cuts += connection.push(side, sequence, data, row)
    cuts += connection.finish()
    return [cut for _, cut in cuts], connection


@pytest.mark.parametrize(
    ("elliptic", "suite"), [(False, suite) for suite in RSA_SUITES] + [(True, suite) for suite in ECDSA_SUITES]
)
def test_every_suite_of_tls_1_2_is_read(tmp_path: Path, certificates: dict[bool, Path], elliptic: bool, suite: str) -> None:
    key_log = tmp_path / "keys"
    try:
        peers = call(certificates[elliptic], key_log, f"{suite}:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2)
    except ssl.SSLError as error:
        if "NO_CIPHER_MATCH" in str(error):
            pytest.skip(f"this OpenSSL has no {suite}")
        raise
    assert peers.suite() == suite
    cuts, connection = read(peers, key_log.read_bytes())
    assert [cut.data for cut in cuts] == [INVITE, RINGING, BIG, RINGING, RINGING]
    assert connection.unreadable == ""
    assert connection.handshake.server_name == SERVER_NAME


@pytest.mark.parametrize("size", [1, 7, 1460, 100_000])
def test_tls_1_3_is_read_however_it_is_cut_into_segments(tmp_path: Path, certificates: dict[bool, Path], size: int) -> None:
    key_log = tmp_path / "keys"
    peers = call(certificates[False], key_log, None, ssl.TLSVersion.TLSv1_3)
    cuts, connection = read(peers, key_log.read_bytes(), size)
    assert [cut.data for cut in cuts] == [INVITE, RINGING, BIG, RINGING, RINGING]
    assert "TLS 1.3" in connection.handshake.in_words()
    # The certificate of TLS 1.3 is encrypted, and the log's handshake secrets open it.
    assert connection.handshake.certificates[0].subject == f"CN={SERVER_NAME}"
    assert connection.handshake.certificates[0].not_after.year == 2040


@pytest.mark.parametrize("syn", [True, False])
@pytest.mark.parametrize("turned", [2, 3, 4, 5])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_segments_out_of_order_from_the_first_on(
    tmp_path: Path, certificates: dict[bool, Path], version: ssl.TLSVersion, turned: int, syn: bool
) -> None:
    """Answers before what they answer, and of each side later records before earlier ones."""
    key_log = tmp_path / "keys"
    peers = call(certificates[True], key_log, None, version)
    segments = list(peers.segments(600))
    connection = TlsConnection(KeyLog(key_log.read_bytes()), lambda _: SipCutter())
    for side in (0, 1) if syn else ():
        connection.push(side, 0, b"", 0, syn=True)
    cuts, row = [], 0
    for start in range(0, len(segments), turned):
        for side, sequence, data in reversed(segments[start : start + turned]):
            cuts += connection.push(side, sequence, data, row)
            row += 1
    cuts += connection.finish()
    for side, sent in enumerate(([INVITE, BIG], [RINGING, RINGING, RINGING])):
        assert [cut.data for sender, cut in cuts if sender == side] == sent
    assert connection.unreadable == ""


def test_without_a_secret_it_says_why_and_what_the_handshake_told(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    peers = call(certificates[False], tmp_path / "keys", "AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2)
    cuts, connection = read(peers, b"")
    assert cuts == []
    assert "there is no key log" in connection.unreadable
    assert "TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA" in connection.handshake.in_words()
    assert f"the client asked for {SERVER_NAME}" in connection.handshake.in_words()
    assert "valid 2020-01-01 to 2040-01-01" in connection.handshake.in_words()


def test_what_is_no_key_log_is_not_taken_for_none(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    peers = call(certificates[False], tmp_path / "keys", None, ssl.TLSVersion.TLSv1_2)
    _, connection = read(peers, b"PRIVATE KEY\n")
    assert "no TLS secrets in the key log" in connection.unreadable


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b" \t\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: b"# secrets\n\n" + text.replace(b"\n", b"\nCLIENT_RANDOM zz yy\n# more\nnonsense\n"),
        lambda text: b"\n".join(reversed(text.splitlines())) + bytes(500),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode().encode("utf-16"),
        lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be") + b"x",
    ],
    ids=["CRLF", "white space", "no last line end", "other lines", "reversed", "UTF-8 with a mark", "UTF-16", "UTF-16 of Macs"],
)
def test_a_key_log_however_it_was_written(
    tmp_path: Path, certificates: dict[bool, Path], written: Callable[[bytes], bytes]
) -> None:
    peers = call(certificates[False], tmp_path / "keys", None, ssl.TLSVersion.TLSv1_2)
    cuts, _ = read(peers, written((tmp_path / "keys").read_bytes()))
    assert [cut.data for cut in cuts] == [INVITE, RINGING, BIG, RINGING, RINGING]


_NO_EXTENDED_MASTER_SECRET, _NO_ENCRYPT_THEN_MAC = 1, 1 << 19  # SSL_OP_... of OpenSSL, which Python has no names for


@pytest.mark.parametrize("without", [0, _NO_EXTENDED_MASTER_SECRET, _NO_ENCRYPT_THEN_MAC])
def test_cbc_without_the_extensions_that_made_it_safe(tmp_path: Path, certificates: dict[bool, Path], without: int) -> None:
    """Old phones know neither RFC 7627 nor RFC 7366."""
    key_log = tmp_path / "keys"
    peers = Peers(certificates[False], key_log, "AES256-SHA256:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2, options=without)
    for side, data in ((0, INVITE), (1, RINGING), (0, BIG)):
        peers.send(side, data)
    hellos = b"".join(flight.data for flight in peers.flights[:2])
    assert (b"\x00\x17\x00\x00" in hellos, b"\x00\x16\x00\x00" in hellos) == (
        not without & _NO_EXTENDED_MASTER_SECRET, not without & _NO_ENCRYPT_THEN_MAC
    )  # fmt: skip
    cuts, _ = read(peers, key_log.read_bytes())
    assert [cut.data for cut in cuts] == [INVITE, RINGING, BIG]


def test_a_key_log_of_another_connection_is_named(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    peers = call(certificates[False], tmp_path / "keys", None, ssl.TLSVersion.TLSv1_2)
    other = b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"11" * 48 + b"\n"
    cuts, connection = read(peers, other)
    assert cuts == []
    assert "no secret in the key log is for this connection" in connection.unreadable


def test_a_wrong_secret_gives_nothing_and_says_so(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    key_log = tmp_path / "keys"
    peers = call(certificates[False], key_log, None, ssl.TLSVersion.TLSv1_2)
    label, random, secret = key_log.read_text().split()[-3:]
    cuts, connection = read(peers, f"{label} {random} {'00' * (len(secret) // 2)}\n".encode())
    assert cuts == []
    assert "does not fit" in connection.unreadable


def test_a_capture_that_begins_after_the_handshake_says_so(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    key_log = tmp_path / "keys"
    peers = Peers(certificates[False], key_log, None, ssl.TLSVersion.TLSv1_2)
    handshake = len(list(peers.segments(1460)))
    peers.send(0, INVITE)
    connection = TlsConnection(KeyLog(key_log.read_bytes()), lambda _: SipCutter())
    for row, (side, sequence, data) in enumerate(list(peers.segments(1460))[handshake:]):
        assert connection.push(side, sequence, data, row) == []
    connection.finish()
    assert "handshake is not in the capture" in connection.unreadable


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("suite", ["AES128-SHA:@SECLEVEL=0", "ECDHE-RSA-AES128-GCM-SHA256"])
def test_messages_behind_a_lost_record_are_read(
    tmp_path: Path, certificates: dict[bool, Path], version: ssl.TLSVersion, suite: str
) -> None:
    key_log = tmp_path / "keys"
    peers = Peers(certificates[False], key_log, suite, version)
    handshake = len(list(peers.segments(100_000)))
    for _ in range(3):
        peers.send(0, INVITE)
    connection = TlsConnection(KeyLog(key_log.read_bytes()), lambda _: SipCutter())
    cuts = []
    for row, (side, sequence, data) in enumerate(peers.segments(100_000)):
        if row != handshake + 1:  # the second INVITE
            cuts += connection.push(side, sequence, data, row)
    cuts += connection.finish()
    assert [(side, cut.data, cut.rows) for side, cut in cuts] == [(0, INVITE, (handshake,)), (0, INVITE, (handshake + 2,))]


@pytest.mark.parametrize("size", [1, 100, 1460])
@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.json")))
def test_connections_that_openssl_made(name: str, size: int) -> None:
    """Recorded from `openssl s_client` and `s_server`: what Python's ssl module cannot be told to do."""
    recorded = json.loads((RECORDED / f"{name}.json").read_text())
    connection = TlsConnection(KeyLog("\n".join(recorded["key_log"]).encode()), lambda _: SipCutter())
    at, cuts, row = [1, 1], [], 0
    for side, flight in recorded["flights"]:
        data = bytes.fromhex(flight)
        for start in range(0, len(data), size):
            cuts += connection.push(side, at[side], data[start : start + size], row)
            at[side] += len(data[start : start + size])
            row += 1
    cuts += connection.finish()
    found = [cut.data.partition(b"Call-ID: ")[2].partition(b"\r")[0].decode() for _, cut in cuts]
    assert found == recorded["messages"]
    assert connection.unreadable == ""


def test_a_client_and_a_server_without_a_group_in_common_try_again(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    """A HelloRetryRequest, as the ssl module makes it."""
    key_log = tmp_path / "keys"
    peers = Peers(certificates[False], key_log, None, ssl.TLSVersion.TLSv1_3, curve="secp384r1")
    assert b"".join(flight.data for flight in peers.flights if flight.side == 1).count(HELLO_RETRY_RANDOM) == 1
    peers.send(0, INVITE)
    peers.send(1, RINGING)
    cuts, connection = read(peers, key_log.read_bytes())
    assert [cut.data for cut in cuts] == [INVITE, RINGING]
    assert connection.unreadable == ""


@pytest.mark.parametrize("log_it", [True, False])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_handshake_that_fails_says_so_and_why(
    tmp_path: Path, certificates: dict[bool, Path], version: ssl.TLSVersion, log_it: bool
) -> None:
    key_log = tmp_path / "keys"
    peers = Peers(certificates[False], key_log, None, version, trusted=False)
    _, connection = read(peers, key_log.read_bytes() if log_it and key_log.exists() else b"")
    assert connection.unreadable == "its handshake failed"
    assert "the client sent the alert unknown CA" in connection.handshake.in_words()


def test_no_suite_in_common_is_told() -> None:
    """A ClientHello, and the alert that OpenSSL answers: 2 is fatal, 40 a handshake failure."""
    connection = TlsConnection(KeyLog(b""), lambda _: SipCutter())
    hello = b"\x03\x03" + bytes(range(32)) + b"\0" + b"\0\2\xc0\x2b" + b"\1\0"
    record = b"\1" + len(hello).to_bytes(3, "big") + hello
    connection.push(0, 1, b"\x16\3\1" + len(record).to_bytes(2, "big") + record, 0)
    unanswered = TlsConnection(KeyLog(b""), lambda _: SipCutter())
    unanswered.push(0, 1, b"\x16\3\1" + len(record).to_bytes(2, "big") + record, 0)
    connection.push(1, 1, b"\x15\3\3\0\2\2\x28", 1)
    for each in (connection, unanswered):
        each.finish()
    assert connection.unreadable == "its handshake failed"
    assert "the server sent the alert handshake failure" in connection.handshake.in_words()
    assert "does not come to an end" in unanswered.unreadable


def test_a_handshake_without_any_data_is_no_riddle(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    key_log = tmp_path / "keys"
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        _, connection = read(Peers(certificates[False], key_log, None, version), key_log.read_bytes())
        assert connection.unreadable == ""


def test_the_suites_are_those_that_tshark_knows_by_their_numbers() -> None:
    theirs = {}
    told = subprocess.run([require_tool("tshark"), "-G", "values"], capture_output=True, text=True, timeout=100, check=True)
    for line in told.stdout.splitlines():
        field = line.split("\t")
        if field[:2] == ["V", "tls.handshake.ciphersuite"]:
            theirs[int(field[2], 0)] = field[3]
    ours = {code: suite.name for code, suite in SUITES.items()}
    assert ours == {code: theirs[code] for code in ours}
    readable = re.compile(r"TLS_.*(AES_\d+_(GCM|CCM|CBC)|CHACHA20|(CAMELLIA_\d+|SEED|IDEA|3DES_EDE)_CBC)")
    drafts = {0xCC13, 0xCC14, 0xCC15}
    assert {code for code, name in theirs.items() if readable.match(name)} - drafts <= set(ours)


@pytest.mark.parametrize("suite", tls_writer.SUITES)
def test_old_suites_are_read_as_tshark_reads_them(tmp_path: Path, suite: int) -> None:
    said = [(0, INVITE), (1, RINGING), (0, BIG[:16_000]), (1, RINGING + RINGING)]
    connection = TlsConnection(KeyLog(tls_writer.KEY_LOG), lambda _: SipCutter())
    at, cuts, frames = [1, 1], [], []
    ends = ("10.0.0.1/40000", "10.0.0.2/5061")
    for row, (side, data) in enumerate(tls_writer.conversation(suite, said)):
        cuts += connection.push(side, at[side], data, row)
        frames.append(tcp(ends[side], ends[1 - side], data, sequence=at[side]))
        at[side] += len(data)
    cuts += connection.finish()
    assert [cut.data for _, cut in cuts] == [INVITE, RINGING, RINGING, RINGING, BIG[:16_000]]
    log = write(tmp_path / "keys", tls_writer.KEY_LOG)
    path = write(tmp_path / "old.pcap", pcap(every_ms(frames)))
    theirs = fields(path, "sip.Method", display_filter="sip", options=("-o", f"tls.keylog_file:{log}"))
    assert ("INVITE",) in theirs
    assert connection.unreadable == ""


def test_a_damaged_certificate_is_none_or_read(certificates: dict[bool, Path]) -> None:
    """Whatever byte of it is another: each is refused in words of the library's own, or by a warning."""
    text = certificates[True].read_text()
    good = x509.load_pem_x509_certificate(text[text.index("-----BEGIN CERT") :].encode()).public_bytes(Encoding.DER)
    assert read_x509(good) is not None
    outcomes = set()
    for at in range(len(good)):
        for value in (0, 3, good[at] ^ 0x80, 0xFF):
            outcomes.add(read_x509(good[:at] + bytes((value,)) + good[at + 1 :]) is None)
    assert outcomes == {True, False}
