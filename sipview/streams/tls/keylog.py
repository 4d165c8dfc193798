"""The secrets that a TLS endpoint logged, in the SSLKEYLOGFILE format (RFC 9850)."""

import codecs
import re

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # as PowerShell writes what is redirected to a file
_LINE = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*([A-Z][A-Z0-9_]{0,63})[ \t]+([0-9A-Fa-f]{64})[ \t]+([0-9A-Fa-f]{2,256})[ \t]*\r?$", re.MULTILINE
)


class KeyLog:
    """Secrets by label and client random. Lines that are none are passed over.

    ``given``: whether there was any text, though it may have no secrets in it.
    """

    def __init__(self, text: bytes = b"") -> None:
        self.given = False
        self._secrets: dict[tuple[str, bytes], bytes] = {}
        self.add(text)

    def add(self, text: bytes) -> None:
        """Take the lines of one more log."""
        self.given = self.given or bool(text)
        if text[:2] in _UTF_16:
            text = text.decode("utf-16", "replace").encode()
        for label, client_random, secret in _LINE.findall(text):
            if len(secret) % 2 == 0:
                self._secrets[label.decode(), bytes.fromhex(client_random.decode())] = bytes.fromhex(secret.decode())

    def secret(self, label: str, client_random: bytes) -> bytes | None:
        """The secret of that label for the connection that began with that client random, or None."""
        return self._secrets.get((label, client_random))

    def __len__(self) -> int:
        return len(self._secrets)
