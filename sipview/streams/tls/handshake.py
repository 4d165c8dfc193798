"""What a TLS handshake says in the clear: hellos, certificates (RFC 8446 4, RFC 5246 7.4), and alerts in words."""

import warnings
from dataclasses import dataclass, field
from datetime import datetime

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, FINISHED, KEY_UPDATE = 1, 2, 11, 20, 24
HELLO_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_SERVER_NAME, _SUPPORTED_VERSIONS, _ENCRYPT_THEN_MAC = 0, 43, 22

# RFC 8446 6 and RFC 5246 7.2.
ALERTS = {
    0: "close notify",
    10: "unexpected message",
    20: "bad record MAC",
    21: "decryption failed",
    22: "record overflow",
    40: "handshake failure: the two sides have no cipher, version or certificate in common",
    41: "no certificate",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown CA: the certificate's issuer is not trusted",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version: the two sides have no TLS version in common",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    100: "no renegotiation",
    109: "missing extension",
    110: "unsupported extension",
    112: "unrecognized name: the server does not serve this name",
    113: "bad certificate status response",
    115: "unknown PSK identity",
    116: "certificate required: the client must show one",
    120: "no application protocol in common",
}
_VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}


def version_name(version: int) -> str:
    """``TLS 1.2`` for 0x0303 and so on."""
    return _VERSIONS.get(version, f"TLS version 0x{version:04x}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of the chain: names as RFC 4514 texts, dates in UTC."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that was readable; ``from_client`` says who sent it, in ``row``."""

    from_client: bool
    fatal: bool
    text: str
    row: int

    @property
    def ends_badly(self) -> bool:
        """Whether the connection failed with it, other than by closing. TLS 1.3 leaves the level without meaning."""
        return self.text not in {ALERTS[0], ALERTS[90], ALERTS[100]}


@dataclass(slots=True)
class Handshake:
    """What was learnt so far; zero and empty where nothing was."""

    version: int = 0
    suite: int = -1
    client_random: bytes = b""
    server_random: bytes = b""
    server_name: str = ""
    encrypt_then_mac: bool = False
    certificates: tuple[Certificate, ...] = ()
    alerts: list[Alert] = field(default_factory=list)

    def read_client_hello(self, body: bytes) -> None:
        """Take a ClientHello; one that is cut or wrong is taken as far as it goes."""
        reader = _Bytes(body)
        reader.take(2)
        self.client_random = reader.take(32)
        reader.vector(1)
        reader.vector(2)
        reader.vector(1)
        extensions = _extensions(reader.vector(2))
        name = _Bytes(extensions.get(_SERVER_NAME, b""))
        entry = _Bytes(name.vector(2))
        if entry.take(1) == b"\x00":
            self.server_name = entry.vector(2).decode("utf-8", "replace")

    def read_server_hello(self, body: bytes) -> bool:
        """Take a ServerHello; returns False for a HelloRetryRequest (RFC 8446 4.1.4), which tells the version only."""
        reader = _Bytes(body)
        version = int.from_bytes(reader.take(2), "big")
        random = reader.take(32)
        reader.vector(1)
        suite = int.from_bytes(reader.take(2), "big")
        reader.take(1)
        extensions = _extensions(reader.vector(2))
        chosen = extensions.get(_SUPPORTED_VERSIONS, b"")
        self.version = int.from_bytes(chosen, "big") if len(chosen) == 2 else version
        if random == HELLO_RETRY_RANDOM:
            return False
        self.suite, self.server_random = suite, random
        self.encrypt_then_mac = _ENCRYPT_THEN_MAC in extensions
        return True

    def read_certificate(self, body: bytes) -> None:
        """Take a Certificate message of a server: the chain, as far as it can be read."""
        reader = _Bytes(body)
        if self.version >= 0x0304:
            reader.vector(1)
        chain = _Bytes(reader.vector(3))
        found: list[Certificate] = []
        while chain.left and len(found) < 8:
            certificate = read_x509(chain.vector(3))
            if certificate is not None:
                found.append(certificate)
            if self.version >= 0x0304:
                chain.vector(2)
        if found:
            self.certificates = tuple(found)

    def in_words(self) -> str:
        """What is known, in one line: version, suite, names, certificate and its dates, alerts."""
        from sipview.streams.tls.suites import suite_name  # noqa: PLC0415 - a table that most captures never need

        parts = []
        if self.version:
            parts.append(f"{version_name(self.version)} with {suite_name(self.suite)}")
        if self.server_name:
            parts.append(f"the client asked for {self.server_name}")
        if self.certificates:
            shown = self.certificates[0]
            parts.append(
                f"the server's certificate is for {shown.subject or ', '.join(shown.names)}, issued by {shown.issuer}, "
                f"valid {shown.not_before:%Y-%m-%d} to {shown.not_after:%Y-%m-%d}"
            )
        parts += [f"the {'client' if alert.from_client else 'server'} sent the alert {alert.text}" for alert in self.alerts]
        return "; ".join(parts)


def read_x509(data: bytes) -> Certificate | None:
    """The names and dates of a DER certificate, or None where it is none."""
    from cryptography import x509  # noqa: PLC0415 - costs 30 ms, and only TLS needs it

    try:
        with warnings.catch_warnings():  # what is odd about a certificate is no fault of ours
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(data)
            try:
                extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
                names = tuple(str(name.value) for name in extension.value)[:16]
            except x509.ExtensionNotFound:
                names = ()
            return Certificate(
                certificate.subject.rfc4514_string(),
                certificate.issuer.rfc4514_string(),
                certificate.not_valid_before_utc,
                certificate.not_valid_after_utc,
                names,
            )
    except Exception:  # each kind of damage has one of its own: of values, of types, of versions
        return None


class _Bytes:
    """Reads fields one after another; past the end it gives what is left, at last nothing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        self._at += len(piece)
        return piece

    def vector(self, length_size: int) -> bytes:
        return self.take(int.from_bytes(self.take(length_size), "big"))


def _extensions(data: bytes) -> dict[int, bytes]:
    reader = _Bytes(data)
    found: dict[int, bytes] = {}
    while reader.left >= 4:
        kind = int.from_bytes(reader.take(2), "big")
        found[kind] = reader.vector(2)
    return found
