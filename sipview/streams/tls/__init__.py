"""TLS read with a key log: records to plaintext (RFC 5246, RFC 8446), and what the handshake tells without any key.

In: the islands of both directions and the secrets that an endpoint logged. Out: plaintext islands with their rows, facts of the
handshake, and in words why a connection cannot be read. The cryptography is that of the `cryptography` package.

`connection.TlsConnection` is to be imported by those who have met TLS: most captures have none.
"""

from sipview.streams.tls.keylog import KeyLog
from sipview.streams.tls.record import begins_tls

__all__ = ["KeyLog", "begins_tls"]
