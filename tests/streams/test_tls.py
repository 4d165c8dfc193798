"""TLS written by OpenSSL, read by us with the secrets that OpenSSL logged."""

import ssl
from pathlib import Path

import pytest

from sipview.streams import Cut, SipCutter
from sipview.streams.tls import KeyLog
from sipview.streams.tls.connection import TlsConnection
from tests.support.tls_peers import SERVER_NAME, Peers, write_certificate

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


def test_without_a_secret_it_says_why_and_what_the_handshake_told(tmp_path: Path, certificates: dict[bool, Path]) -> None:
    peers = call(certificates[False], tmp_path / "keys", "AES128-SHA:@SECLEVEL=0", ssl.TLSVersion.TLSv1_2)
    cuts, connection = read(peers, b"")
    assert cuts == []
    assert "there is no key log" in connection.unreadable
    assert "TLS 1.2 with TLS_RSA_WITH_AES_128_CBC_SHA" in connection.handshake.in_words()
    assert f"the client asked for {SERVER_NAME}" in connection.handshake.in_words()
    assert "valid 2020-01-01 to 2040-01-01" in connection.handshake.in_words()


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
