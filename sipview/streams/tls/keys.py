"""From logged secrets to record keys: the PRF of TLS 1.0 to 1.2, and HKDF of TLS 1.3."""

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sipview.streams.tls.suites import BLOCKS, TLS_1_2, Mode, Suite

_HASHES: dict[str, type[hashes.HashAlgorithm]] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}


def _p_hash(digest: str, secret: bytes, seed: bytes, length: int) -> bytes:
    """RFC 5246 5, P_hash."""
    out, a = b"", seed
    while len(out) < length:
        a = hmac.digest(secret, a, digest)
        out += hmac.digest(secret, a + seed, digest)
    return out[:length]


def prf(version: int, digest: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """The pseudorandom function: RFC 5246 5 for TLS 1.2, RFC 2246 5 (MD5 and SHA-1 together) before."""
    if version >= TLS_1_2:
        return _p_hash(digest, secret, label + seed, length)
    half = (len(secret) + 1) // 2
    md5 = _p_hash("md5", secret[:half], label + seed, length)
    sha1 = _p_hash("sha1", secret[-half:], label + seed, length)
    return bytes(a ^ b for a, b in zip(md5, sha1, strict=True))


def key_block(version: int, suite: Suite, master: bytes, client_random: bytes, server_random: bytes) -> tuple[bytes, ...]:
    """MAC keys, keys and IVs of client and server, in this order (RFC 5246 6.3)."""
    mac = hashlib.new(suite.mac).digest_size if suite.mac else 0
    if suite.mode is Mode.CBC:
        iv = BLOCKS[suite.cipher]
    else:
        iv = {Mode.GCM: 4, Mode.CCM: 4, Mode.CHACHA20: 12, Mode.STREAM: 0, Mode.NULL: 0}[suite.mode]
    lengths = (mac, mac, suite.key_length, suite.key_length, iv, iv)
    block = prf(version, suite.digest, master, b"key expansion", server_random + client_random, sum(lengths))
    parts, at = [], 0
    for length in lengths:
        parts.append(block[at : at + length])
        at += length
    return tuple(parts)


def hkdf_expand_label(digest: str, secret: bytes, label: str, length: int) -> bytes:
    """HKDF-Expand-Label with an empty context (RFC 8446 7.1)."""
    full = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(full)]) + full + b"\x00"
    return HKDFExpand(_HASHES[digest](), length, info).derive(secret)
