"""Two TLS endpoints in memory, by the ssl module (OpenSSL): an independent writer of what our reader reads."""

import contextlib
import datetime
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

SERVER_NAME = "pbx.example.org"


@dataclass(frozen=True)
class Flight:
    """Bytes that one side (0 is the client) put on the wire at once."""

    side: int
    data: bytes


def write_certificate(folder: Path, *, elliptic: bool = False) -> Path:
    """A self-signed certificate and its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SERVER_NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SERVER_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / ("ec.pem" if elliptic else "rsa.pem")
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Peers:
    """A client and a server that talk through memory; every flight is recorded, the client's secrets are logged."""

    def __init__(
        self,
        certificate: Path,
        key_log: Path,
        ciphers: str | None,
        version: ssl.TLSVersion,
        *,
        curve: str | None = None,
        trusted: bool = True,
        options: int = 0,
    ) -> None:
        """``curve``: the only one that the server takes. Not ``trusted``: the client refuses the server's certificate.

        ``options``: further ones of OpenSSL's, by their numbers.
        """
        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_context.load_cert_chain(certificate)
        client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client_context.check_hostname = False
        client_context.verify_mode = ssl.CERT_NONE if trusted else ssl.CERT_REQUIRED
        if curve is not None:
            server_context.set_ecdh_curve(curve)
        client_context.keylog_filename = str(key_log)
        for context in (server_context, client_context):
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.maximum_version = version
            context.options |= options
            if ciphers is not None:
                context.set_ciphers(ciphers)
        self._wire = [(ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())]
        self._ends = [
            client_context.wrap_bio(*self._wire[0], server_hostname=SERVER_NAME),
            server_context.wrap_bio(*self._wire[1], server_side=True),
        ]
        self.flights: list[Flight] = []
        if trusted:
            self._shake_hands()
            return
        with contextlib.suppress(ssl.SSLCertVerificationError):
            self._shake_hands()
        self._carry(0)

    def send(self, side: int, data: bytes) -> None:
        """One side sends; the other reads it."""
        self._ends[side].write(data)
        self._carry(side)
        received = b""
        while len(received) < len(data):
            received += self._ends[1 - side].read(len(data))
        assert received == data

    def suite(self) -> str:
        """The cipher suite by OpenSSL's name."""
        cipher = self._ends[0].cipher()
        assert cipher is not None
        return cipher[0]

    def close(self) -> None:
        """Both sides say goodbye."""
        for side in (0, 1):
            with contextlib.suppress(ssl.SSLWantReadError):
                self._ends[side].unwrap()
            self._carry(side)

    def _shake_hands(self) -> None:
        done = [False, False]
        for _ in range(6):
            for side in (0, 1):
                if not done[side]:
                    try:
                        self._ends[side].do_handshake()
                        done[side] = True
                    except ssl.SSLWantReadError:
                        pass
                self._carry(side)
        assert all(done)

    def _carry(self, side: int) -> None:
        data = self._wire[side][1].read()
        if data:
            self.flights.append(Flight(side, data))
            self._wire[1 - side][0].write(data)

    def segments(self, size: int) -> Iterator[tuple[int, int, bytes]]:
        """What was on the wire as (side, sequence number, bytes), in pieces of ``size``; both sides start after a SYN of 0."""
        at = [1, 1]
        for flight in self.flights:
            for start in range(0, len(flight.data), size):
                piece = flight.data[start : start + size]
                yield flight.side, at[flight.side], piece
                at[flight.side] += len(piece)
