"""TLS read with a key log: records to plaintext (RFC 5246, RFC 8446), and what the handshake tells without any key.

In: the islands of both directions and the secrets that an endpoint logged. Out: plaintext islands with their rows, facts of the
handshake, and in words why a connection cannot be read. The cryptography is that of the `cryptography` package.
"""

from sipview.streams.tls.connection import TlsConnection, begins_tls
from sipview.streams.tls.handshake import Handshake
from sipview.streams.tls.keylog import KeyLog

__all__ = ["Handshake", "KeyLog", "TlsConnection", "begins_tls"]
