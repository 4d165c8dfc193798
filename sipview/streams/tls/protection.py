"""One direction's record protection: ciphertext records to plaintext, one after another."""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, IDEA, SEED, Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, CipherContext
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from sipview.streams.tls.keys import hkdf_expand_label
from sipview.streams.tls.suites import BLOCKS, TLS_1_3, Mode, Suite

_ALGORITHMS: dict[str, Callable[[bytes], CipherAlgorithm]] = {
    "AES": AES,
    "CAMELLIA": Camellia,
    "SEED": SEED,
    "3DES": TripleDES,
    "DES": lambda key: TripleDES(3 * key),  # three times the same key is DES
    "IDEA": IDEA,
}
# Records that a capture may have lost in one hole and that we still look behind.
_RECORDS_TO_TRY = 64


class Protection:
    """Decrypts the records of one direction in their order; `open` gives the content, or None where it does not fit the keys.

    For TLS 1.3 ``key`` and ``iv`` come from a traffic secret (`from_secret`); before, from the key block.
    """

    def __init__(
        self, version: int, suite: Suite, key: bytes, iv: bytes, mac_key: bytes = b"", *, encrypt_then_mac: bool = False
    ) -> None:
        self._version = version
        self._suite = suite
        self._key = key
        self._iv = iv
        self._mac_key = mac_key
        self._encrypt_then_mac = encrypt_then_mac
        self._sequence = 0
        self._aead: AESGCM | AESCCM | ChaCha20Poly1305 | None = None
        if suite.mode is Mode.GCM:
            self._aead = AESGCM(key)
        elif suite.mode is Mode.CCM:
            self._aead = AESCCM(key, tag_length=suite.tag_length)
        elif suite.mode is Mode.CHACHA20:
            self._aead = ChaCha20Poly1305(key)
        self._stream: CipherContext | None = Cipher(ARC4(key), None).decryptor() if suite.mode is Mode.STREAM else None

    @classmethod
    def from_secret(cls, suite: Suite, secret: bytes) -> "Protection":
        """Keys of one traffic secret (RFC 8446 7.3)."""
        key = hkdf_expand_label(suite.digest, secret, "key", suite.key_length)
        iv = hkdf_expand_label(suite.digest, secret, "iv", 12)
        return cls(TLS_1_3, suite, key, iv)

    def open(self, content_type: int, record_version: int, fragment: bytes, *, after_hole: bool) -> bytes | None:
        """The content of the next record. ``after_hole``: records may be missing before it, so later numbers are tried."""
        tries = _RECORDS_TO_TRY if after_hole else 1
        for sequence in range(self._sequence, self._sequence + tries):
            content = self._open_as(sequence, content_type, record_version, fragment)
            if content is not None:
                self._sequence = sequence + 1
                return content
        if self._suite.mode is Mode.CBC and self._version < 0x0302:
            self._iv = fragment[-len(self._iv) :]  # what follows this record is chained to it, read or not
        return None

    def _open_as(self, sequence: int, content_type: int, record_version: int, fragment: bytes) -> bytes | None:
        if self._aead is not None:
            return self._open_aead(self._aead, sequence, content_type, record_version, fragment)
        if self._stream is not None:  # it goes on with each record: where one is missing, no later one can be read
            plain = self._stream.update(fragment) if sequence == self._sequence else b""
            return self._check_mac(sequence, content_type, record_version, plain)
        if self._suite.mode is Mode.NULL:
            return self._check_mac(sequence, content_type, record_version, fragment)
        return self._open_cbc(sequence, content_type, record_version, fragment)

    def _open_aead(
        self, aead: AESGCM | AESCCM | ChaCha20Poly1305, sequence: int, content_type: int, record_version: int, fragment: bytes
    ) -> bytes | None:
        number = sequence.to_bytes(8, "big")
        if self._version >= TLS_1_3 or self._suite.mode is Mode.CHACHA20:
            nonce = bytes(a ^ b for a, b in zip(self._iv, bytes(4) + number, strict=True))
        else:  # RFC 5288 3: the record carries the other half of its nonce
            nonce, fragment = self._iv + fragment[:8], fragment[8:]
        length = len(fragment) - self._suite.tag_length
        if length < 0 or len(nonce) != 12:
            return None
        if self._version >= TLS_1_3:
            header = bytes([content_type]) + record_version.to_bytes(2, "big") + len(fragment).to_bytes(2, "big")
        else:
            header = number + bytes([content_type]) + record_version.to_bytes(2, "big") + length.to_bytes(2, "big")
        try:
            return aead.decrypt(nonce, fragment, header)
        except InvalidTag:
            return None

    def _open_cbc(self, sequence: int, content_type: int, record_version: int, fragment: bytes) -> bytes | None:
        """RFC 5246 6.2.3.2; RFC 7366 where the MAC is over the ciphertext."""
        block = BLOCKS[self._suite.cipher]
        mac_length = hashlib.new(self._suite.mac).digest_size
        whole = fragment
        if self._encrypt_then_mac:
            if len(fragment) < mac_length:
                return None
            fragment = fragment[:-mac_length]
        iv, ciphertext = (self._iv, fragment) if self._version < 0x0302 else (fragment[:block], fragment[block:])
        if len(iv) != block or not ciphertext or len(ciphertext) % block:
            return None
        algorithm = _ALGORITHMS[self._suite.cipher](self._key)
        decryptor = Cipher(algorithm, CBC(iv)).decryptor()
        plain = decryptor.update(ciphertext) + decryptor.finalize()
        padding = plain[-1] + 1
        if padding > len(plain) or plain[-padding:] != bytes([padding - 1]) * padding:
            return None
        plain = plain[:-padding]
        if self._encrypt_then_mac:
            expected = self._mac(sequence, content_type, record_version, fragment)
            content = plain if hmac.compare_digest(expected, whole[-mac_length:]) else None
        else:
            content = self._check_mac(sequence, content_type, record_version, plain)
        if content is not None and self._version < 0x0302:
            self._iv = ciphertext[-block:]  # TLS 1.0 chains its records (RFC 2246 6.2.3.2)
        return content

    def _check_mac(self, sequence: int, content_type: int, record_version: int, plain: bytes) -> bytes | None:
        length = hashlib.new(self._suite.mac).digest_size
        if len(plain) < length:
            return None
        content, mac = plain[:-length], plain[-length:]
        if not self._mac_key:
            return content
        return content if hmac.compare_digest(self._mac(sequence, content_type, record_version, content), mac) else None

    def _mac(self, sequence: int, content_type: int, record_version: int, covered: bytes) -> bytes:
        header = sequence.to_bytes(8, "big") + bytes([content_type]) + record_version.to_bytes(2, "big")
        return hmac.digest(self._mac_key, header + len(covered).to_bytes(2, "big") + covered, self._suite.mac)
