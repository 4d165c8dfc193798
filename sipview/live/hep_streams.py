"""Agents that send HEP over TCP: their connections, and the packets of HEP in what they send."""

import selectors
import socket
from collections.abc import Iterator

from sipview.capture.hep import begins_hep, length_of

_MOST_AGENTS = 256
_PIECE = 1 << 16
_NO_HEP = "it is no HEP"


class HepStreams:
    """Takes connections on one port. A connection that sends anything but HEP of version 3 is closed: its lengths are lost."""

    def __init__(self, listening: socket.socket) -> None:
        """``listening`` is bound, and this object's from now on. Raises `OSError`."""
        listening.setblocking(False)
        listening.listen()
        self._listening = listening
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(listening, selectors.EVENT_READ)
        self._held: dict[socket.socket, bytearray] = {}

    def packets(self) -> Iterator[bytes | str]:
        """The packets of HEP that have come whole, and a sentence for each connection that was closed for what it sent.

        Whoever stops asking in between loses nothing.
        """
        for agent, held in list(self._held.items()):
            yield from self._cut(agent, held)
        for key, _ in self._waiting.select(0):
            if key.fileobj is self._listening:
                self._accept()
                continue
            assert isinstance(key.fileobj, socket.socket)
            agent = key.fileobj
            try:
                piece = agent.recv(_PIECE)
            except BlockingIOError:
                continue
            except OSError:
                piece = b""
            if piece:
                self._held[agent] += piece
            else:
                self._forget(agent)
                continue
            yield from self._cut(agent, self._held[agent])

    def _accept(self) -> None:
        try:
            agent, _ = self._listening.accept()
        except OSError:
            return  # it thought better of it
        if len(self._held) >= _MOST_AGENTS:
            agent.close()
            return
        agent.setblocking(False)
        self._held[agent] = bytearray()
        self._waiting.register(agent, selectors.EVENT_READ)

    def _cut(self, agent: socket.socket, held: bytearray) -> Iterator[bytes | str]:
        while held:
            if len(held) >= 4 and not begins_hep(held):
                self._forget(agent)
                yield _NO_HEP
                return
            length = length_of(held)
            if not length or len(held) < length:
                return
            packet = bytes(held[:length])
            del held[:length]
            yield packet

    def _forget(self, agent: socket.socket) -> None:
        self._waiting.unregister(agent)
        self._held.pop(agent).clear()
        agent.close()

    def close(self) -> None:
        """Close the port and the connections."""
        for agent in list(self._held):
            self._forget(agent)
        self._waiting.close()
        self._listening.close()
