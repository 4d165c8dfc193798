"""One TLS connection: records of both directions, keys when the hellos are known, plaintext as islands for the next reader."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sipview.streams.assembly import Assembler, Cut, Gap, Island, Reader
from sipview.streams.tls.handshake import (
    ALERTS,
    CERTIFICATE,
    CLIENT_HELLO,
    FINISHED,
    KEY_UPDATE,
    SERVER_HELLO,
    Alert,
    Handshake,
    version_name,
)
from sipview.streams.tls.keylog import KeyLog
from sipview.streams.tls.record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, begins_tls
from sipview.streams.tls.suites import SUITES, SUITES_OF_1_3, TLS_1_3, Mode, Suite, suite_name

if TYPE_CHECKING:  # brings the cryptography, which only a connection that can be read needs
    from sipview.streams.tls.protection import Protection

_LONGEST_HANDSHAKE = 1 << 17
_MOST_ALERTS = 16
_HELLOS = (bytes((CLIENT_HELLO,)), bytes((SERVER_HELLO,)))


@dataclass(slots=True)
class _Side:
    """What is known of one direction."""

    assembler: Assembler
    plain: Island
    reader: Reader | None = None
    protection: "Protection | None" = None
    encrypted: bool = False
    after_hole: bool = False
    opened: bool = False  # the keys fit at least one record
    handshake: bytearray = field(default_factory=bytearray)
    secret: bytes = b""
    early: "Protection | None" = None  # of what a client sends before it has an answer (RFC 8446 2.3)
    early_over: bool = False
    waiting: Island | None = None
    island: Island | None = None

    @property
    def held(self) -> int:
        read = self.reader.held if self.reader is not None else 0
        return self.assembler.held + self.plain.held + len(self.handshake) + read


class TlsConnection:
    """Takes the segments of both directions, and gives the SIP messages inside.

    ``make_reader`` makes the reader of plaintext (the first bytes say which: SIP or WebSocket). ``handshake`` tells what was
    in the clear; ``unreadable`` says in words why nothing more can be read, or is "". ``gaps``, after `finish`, are what could
    not be read of each side, in records and in what they hold.
    """

    def __init__(self, secrets: KeyLog, make_reader: Callable[[bytearray], Reader]) -> None:
        self._secrets = secrets
        self._make_reader = make_reader
        self._client: int | None = None  # which side (0 or 1) sent the ClientHello
        self._sides = [self._make_side(0), self._make_side(1)]
        self.gaps: list[Gap] = []
        self.more_gaps = 0
        self.handshake = Handshake()
        self.unreadable = ""
        self.decrypted_bytes = 0
        self._opened = False  # the keys fit at least one record

    @property
    def readers(self) -> tuple[Reader, ...]:
        """The readers of plaintext made so far."""
        return tuple(side.reader for side in self._sides if side.reader is not None)

    @property
    def held(self) -> int:
        """How many bytes are kept of what is not whole yet, about."""
        return sum(side.held for side in self._sides)

    def push(self, side: int, sequence: int, data: bytes, row: int, *, syn: bool = False) -> list[tuple[int, Cut]]:
        """Take a segment that side 0 or 1 sent; returns the messages that are whole now, each with the side that sent it."""
        cuts = [(side, cut) for cut in self._sides[side].assembler.push(sequence, data, row, syn=syn)]
        # What one side sent may be what the other's records waited for.
        other = self._sides[1 - side]
        if other.waiting is not None:
            cuts += [(1 - side, cut) for cut in self._read(1 - side, other.waiting)]
        return cuts

    def finish(self) -> list[tuple[int, Cut]]:
        """No more segments come."""
        cuts: list[tuple[int, Cut]] = []
        for number, side in enumerate(self._sides):
            cuts += [(number, cut) for cut in side.assembler.finish()]
            if side.reader is not None:
                cuts += [(number, cut) for cut in side.reader.read(side.plain, ended=True)]
            side.plain.pass_over(len(side.plain.data))
            self.gaps += side.assembler.gaps
            self.more_gaps += side.assembler.more_gaps
            if side.plain.unread is not None:
                self.gaps.append(side.plain.unread._replace(sequence=None))
            side.plain = Island(0)
        if not self.decrypted_bytes:
            if any(alert.ends_badly for alert in self.handshake.alerts):
                self.unreadable = "its handshake failed"
            self.unreadable = self.unreadable or self._why_nothing()
        return cuts

    def _why_nothing(self) -> str:
        """Why there is no plaintext though nothing was in the way so far; "" where none was sent."""
        if any(side.encrypted for side in self._sides):
            return "" if self._opened else self._why_not()
        if self.handshake.client_random or self.handshake.server_random:
            return "its handshake does not come to an end in the capture"
        return ""

    def _make_side(self, number: int) -> _Side:
        this = weakref.ref(self)

        def begins(data: bytearray | bytes) -> bool:
            # Records must be opened in their order, so only the first island is read at once, and only from a hello on:
            # what stands before other records may come yet.
            connection = this()
            hello = begins_tls(data) and data[0] == HANDSHAKE and data[5:6] in _HELLOS
            return hello and connection is not None and connection._sides[number].island is None

        return _Side(Assembler(begins, partial(_RecordReader, this, number)), Island(0))

    def _read(self, number: int, island: Island) -> list[Cut]:
        side = self._sides[number]
        side.waiting = None
        if side.island is not island:
            side.after_hole = side.island is not None
            side.island = island
        cuts: list[Cut] = []
        while len(island.data) >= 5:
            if not begins_tls(island.data):
                side.after_hole = True
                island.pass_over(self._next_record(island.data))
                continue
            length = 5 + int.from_bytes(island.data[3:5], "big")
            if len(island.data) < length:
                break
            in_clear = self._in_clear(island.data[0])
            if side.encrypted and not in_clear and side.protection is None and not self._make_protection(number):
                side.waiting = None if self._gave_up() else island
                if side.waiting is not None:
                    break
            record = bytes(island.data[:length])
            rows = island.rows(0, length)
            island.consume(length)
            cuts += self._record(number, record, rows)
        return cuts

    @staticmethod
    def _next_record(data: bytearray) -> int:
        """Where the next bytes that look like a record header are, or the whole length."""
        for at in range(1, len(data) - 4):
            if CHANGE_CIPHER_SPEC <= data[at] <= APPLICATION_DATA and begins_tls(data[at : at + 5]):
                return at
        return max(len(data) - 4, 1)

    def _in_clear(self, kind: int) -> bool:
        """Whether a record of this kind is not encrypted, whatever came before it: TLS 1.3 calls all that it encrypts
        application data. So is a ClientHello that was captured behind its answer, and the alert of some clients.
        """
        return kind != APPLICATION_DATA and self.handshake.version >= TLS_1_3

    def _gave_up(self) -> bool:
        """Whether keys will never come: both hellos are known, or too much waits."""
        known = bool(self.handshake.client_random and self.handshake.server_random)
        if known and not self.unreadable:
            self.unreadable = self._why_not()
        return known or any(side.waiting is not None and len(side.waiting.data) > _LONGEST_HANDSHAKE for side in self._sides)

    def _record(self, number: int, record: bytes, rows: tuple[int, ...]) -> list[Cut]:
        side = self._sides[number]
        kind, version, fragment = record[0], int.from_bytes(record[1:3], "big"), record[5:]
        if kind == CHANGE_CIPHER_SPEC:
            # TLS 1.3 sends it for the sake of old middleboxes only (RFC 8446 5).
            if self.handshake.version < TLS_1_3:
                side.encrypted = True
                side.protection = None
                side.handshake.clear()
            return []
        if kind == APPLICATION_DATA and number == self._client and not side.early_over:
            content = self._open_early(side, version, fragment)
            if content is not None:
                return self._inner(number, content, rows)
        if kind == APPLICATION_DATA and not side.encrypted and not self.handshake.version:
            self.unreadable = self.unreadable or "its handshake is not in the capture, so no secret can be matched to it"
            return []
        if side.encrypted and not self._in_clear(kind):
            if side.protection is None:
                return []
            content = side.protection.open(kind, version, fragment, after_hole=side.after_hole)
            if content is None:
                if not self._opened and not self.unreadable:
                    self.unreadable = "the secret in the key log does not fit its records"
                if side.opened and side.island is not None:
                    side.island.lose(len(record), rows[0])
                side.after_hole = True
                return []
            side.after_hole = False
            self._opened = side.opened = True
            if self.handshake.version >= TLS_1_3:
                return self._inner(number, content, rows)
        else:
            content = fragment
        return self._content(number, kind, content, rows)

    def _inner(self, number: int, content: bytes, rows: tuple[int, ...]) -> list[Cut]:
        """What a record of TLS 1.3 holds: behind its content stand the kind, and padding (RFC 8446 5.2)."""
        content = content.rstrip(b"\x00")
        return self._content(number, content[-1], content[:-1], rows) if content else []

    def _content(self, number: int, kind: int, content: bytes, rows: tuple[int, ...]) -> list[Cut]:
        if kind == HANDSHAKE:
            self._handshake_bytes(number, content)
        elif kind == ALERT and len(content) == 2:
            text = ALERTS.get(content[1], f"number {content[1]}")
            if len(self.handshake.alerts) < _MOST_ALERTS:
                self.handshake.alerts.append(Alert(number == self._client, content[0] == 2, text, rows[-1]))
        elif kind == APPLICATION_DATA:
            return self._plaintext(self._sides[number], content, rows)
        return []

    def _open_early(self, side: _Side, version: int, fragment: bytes) -> bytes | None:
        """A record of early data. Its suite is that of an earlier session: the one that fits it. The first record that none
        fits is under the keys of the handshake, as are all behind it.
        """
        if side.early is not None:
            content = side.early.open(APPLICATION_DATA, version, fragment, after_hole=False)
            side.early_over = content is None
            return content
        side.early_over = True
        secret = self._secrets.secret("CLIENT_EARLY_TRAFFIC_SECRET", self.handshake.client_random)
        if secret is not None:
            from sipview.streams.tls.protection import Protection  # noqa: PLC0415

            for suite in (SUITES[code] for code in SUITES_OF_1_3):
                protection = Protection.from_secret(suite, secret)
                content = protection.open(APPLICATION_DATA, version, fragment, after_hole=False)
                if content is not None:
                    side.early, side.early_over = protection, False
                    return content
        return None

    def _plaintext(self, side: _Side, content: bytes, rows: tuple[int, ...]) -> list[Cut]:
        if not content:
            return []
        self.decrypted_bytes += len(content)
        self.unreadable = ""
        # All rows of the record bring its first byte: only then is it whole, and so is what it carries.
        for row in rows[:-1]:
            side.plain.append(b"", row)
        side.plain.append(content, rows[-1])
        if side.reader is None:
            side.reader = self._make_reader(side.plain.data)
        return side.reader.read(side.plain, ended=False)

    def _handshake_bytes(self, number: int, content: bytes) -> None:
        side = self._sides[number]
        side.handshake += content
        while len(side.handshake) >= 4:
            length = 4 + int.from_bytes(side.handshake[1:4], "big")
            if length > _LONGEST_HANDSHAKE:
                side.handshake.clear()
                return
            if len(side.handshake) < length:
                return
            message = bytes(side.handshake[:length])
            del side.handshake[:length]
            self._handshake_message(number, message[0], message[4:])

    def _handshake_message(self, number: int, kind: int, body: bytes) -> None:
        side = self._sides[number]
        # Before TLS 1.3 hellos may come again, encrypted: their keys are used from the next ChangeCipherSpec on.
        if kind == CLIENT_HELLO:
            self._client = number
            self.handshake.read_client_hello(body)
        elif kind == SERVER_HELLO:
            if self.handshake.read_server_hello(body) and self.handshake.version >= TLS_1_3:
                self._client = 1 - number
                for each in self._sides:
                    each.encrypted = True
                    each.protection = None
                    each.handshake.clear()
        elif kind == CERTIFICATE and number != self._client:
            self.handshake.read_certificate(body)
        elif kind == FINISHED and self.handshake.version >= TLS_1_3:
            self._use_secret(number, self._secret(number, "TRAFFIC_SECRET_0"))
        elif kind == KEY_UPDATE and self.handshake.version >= TLS_1_3 and side.secret:
            suite = SUITES[self.handshake.suite]
            length = 48 if suite.digest == "sha384" else 32
            from sipview.streams.tls.keys import hkdf_expand_label  # noqa: PLC0415

            self._use_secret(number, hkdf_expand_label(suite.digest, side.secret, "traffic upd", length))

    def _secret(self, number: int, label: str) -> bytes | None:
        who = "CLIENT" if number == self._client else "SERVER"
        return self._secrets.secret(f"{who}_{label}", self.handshake.client_random)

    def _use_secret(self, number: int, secret: bytes | None) -> None:
        side, suite = self._sides[number], SUITES.get(self.handshake.suite)
        if secret is None or suite is None:
            side.protection = None
            return
        from sipview.streams.tls.protection import Protection  # noqa: PLC0415

        side.secret = secret
        side.protection = Protection.from_secret(suite, secret)

    def _make_protection(self, number: int) -> bool:
        """Make the keys of one side, if the hellos and a secret are there."""
        known, suite = self.handshake, SUITES.get(self.handshake.suite)
        if not known.client_random or not known.server_random or suite is None:
            return False
        side = self._sides[number]
        if known.version >= TLS_1_3:
            # After its Finished a side uses its application secret; before, that of the handshake.
            # Without the latter the former does not fit until its first record.
            secret = self._secret(number, "HANDSHAKE_TRAFFIC_SECRET") or self._secret(number, "TRAFFIC_SECRET_0")
            self._use_secret(number, secret if not side.secret else None)
            return side.protection is not None
        master = self._secrets.secret("CLIENT_RANDOM", known.client_random)
        if master is None and suite.mode is not Mode.NULL:
            return False
        side.protection = self._from_master(suite, master, client=number == self._client)
        return True

    def _from_master(self, suite: Suite, master: bytes | None, *, client: bool) -> "Protection":
        from sipview.streams.tls.keys import key_block  # noqa: PLC0415
        from sipview.streams.tls.protection import Protection  # noqa: PLC0415

        known = self.handshake
        if master is None:  # nothing is encrypted, and its integrity is taken on trust
            return Protection(known.version, suite, b"", b"")
        parts = key_block(known.version, suite, master, known.client_random, known.server_random)
        mac, key, iv = parts[0::2] if client else parts[1::2]
        with_mac = bool(suite.mac)
        return Protection(
            known.version,
            suite,
            key,
            iv,
            mac if with_mac else b"",
            encrypt_then_mac=known.encrypt_then_mac and suite.mode is Mode.CBC,
        )

    def _why_not(self) -> str:
        known = self.handshake
        if not known.client_random or not known.server_random:
            return "its handshake is not wholly in the capture, so no secret can be matched to it"
        if known.suite not in SUITES:
            return f"{suite_name(known.suite)} of {version_name(known.version)} is not supported"
        if not len(self._secrets):
            if self._secrets.given:
                return "there are no TLS secrets in the key log; it has lines such as CLIENT_RANDOM"
            return "there is no key log; a TLS endpoint writes one where SSLKEYLOGFILE is set"
        return "no secret in the key log is for this connection"


class _RecordReader:
    """Reads the records of one side. No cycle: a connection that is done with is free at once."""

    held = 0  # the connection counts what it keeps

    def __init__(self, connection: weakref.ref[TlsConnection], number: int) -> None:
        self._connection = connection
        self._number = number

    def read(self, island: Island, *, ended: bool) -> list[Cut]:
        del ended
        connection = self._connection()
        return connection._read(self._number, island) if connection is not None else []
