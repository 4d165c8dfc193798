"""TLS 1.2 connections with cipher suites that OpenSSL offers no more, written by hand after RFC 5246: tshark reads them too."""

import hashlib
import hmac
from collections.abc import Callable, Iterator

from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, IDEA, SEED, Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm
from cryptography.hazmat.primitives.ciphers.modes import CBC

_CLIENT_RANDOM, _SERVER_RANDOM, _MASTER = bytes(range(32)), bytes(range(100, 132)), bytes(range(48))
KEY_LOG = f"CLIENT_RANDOM {_CLIENT_RANDOM.hex()} {_MASTER.hex()}\n".encode()
_CIPHERS: dict[int, tuple[Callable[[bytes], CipherAlgorithm], int, int, str]] = {
    0x0004: (ARC4, 16, 0, "md5"),
    0x0005: (ARC4, 16, 0, "sha1"),
    0x0007: (IDEA, 16, 8, "sha1"),
    0x0009: (lambda key: TripleDES(key * 3), 8, 8, "sha1"),
    0x0016: (TripleDES, 24, 8, "sha1"),
    0x0096: (SEED, 16, 16, "sha1"),
    0x00C4: (Camellia, 32, 16, "sha256"),
}
SUITES = sorted(_CIPHERS)


def _key_block(length: int) -> bytes:
    seed = b"key expansion" + _SERVER_RANDOM + _CLIENT_RANDOM
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(_MASTER, a, "sha256")
        out += hmac.digest(_MASTER, a + seed, "sha256")
    return out


def _record(kind: int, fragment: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(fragment).to_bytes(2, "big") + fragment


def _handshake(kind: int, body: bytes) -> bytes:
    return _record(22, bytes((kind,)) + len(body).to_bytes(3, "big") + body)


class _Writer:
    """One side's records under its keys."""

    def __init__(self, suite: int, *, client: bool) -> None:
        self._algorithm, key_length, self._block, self._digest = _CIPHERS[suite]
        mac_length = hashlib.new(self._digest).digest_size
        block = _key_block(2 * (mac_length + key_length))
        place = 0 if client else 1
        self._mac = block[place * mac_length :][:mac_length]
        self._key = block[2 * mac_length + place * key_length :][:key_length]
        self._sequence = 0
        self._stream = None if self._block else Cipher(self._algorithm(self._key), None).encryptor()

    def write(self, kind: int, content: bytes) -> bytes:
        header = self._sequence.to_bytes(8, "big") + bytes((kind, 3, 3)) + len(content).to_bytes(2, "big")
        self._sequence += 1
        plain = content + hmac.digest(self._mac, header + content, self._digest)
        if self._stream is not None:
            return _record(kind, self._stream.update(plain))
        padding = self._block - 1 - len(plain) % self._block
        plain += bytes((padding,)) * (padding + 1)
        vector = hashlib.sha256(header).digest()[: self._block]
        encryptor = Cipher(self._algorithm(self._key), CBC(vector)).encryptor()
        return _record(kind, vector + encryptor.update(plain) + encryptor.finalize())


def conversation(suite: int, said: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """The flights of a connection as (side, bytes): the handshake, and then what each side (0 is the client) says."""
    number = suite.to_bytes(2, "big")
    yield 0, _handshake(1, b"\3\3" + _CLIENT_RANDOM + b"\0" + b"\0\2" + number + b"\1\0")
    yield 1, _handshake(2, b"\3\3" + _SERVER_RANDOM + b"\0" + number + b"\0") + _handshake(14, b"")
    writers = _Writer(suite, client=True), _Writer(suite, client=False)
    for side in (0, 1):
        finished = bytes((20, 0, 0, 12)) + bytes(12)  # what is in it nobody here checks
        yield side, _record(20, b"\1") + writers[side].write(22, finished)
    for side, data in said:
        yield side, writers[side].write(23, data)
