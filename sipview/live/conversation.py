"""The engine's ends of the pipes: the front end is heard at once, and telling it something never waits for it."""

import os
import queue
import threading

import msgspec

from sipview.live.orders import Order, Progress, Stop

_PIECE = 1 << 16
_LONGEST_ORDER = 1 << 20


class Listener:
    """Hears the front end on standard input, on a thread of its own."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._heard = bytearray()
        self.gone = False
        """The front end has closed the pipe, or does not exist any more."""
        self.stops: queue.SimpleQueue[Stop] = queue.SimpleQueue()

    def order(self) -> Order | None:
        """The order, which is the first line; None where there is none. From then on wishes to stop are heard."""
        line = self._line()
        if line is None:
            return None
        order = msgspec.json.decode(line, type=Order)
        threading.Thread(target=self._listen, daemon=True).start()
        return order

    def _line(self) -> bytes | None:
        while b"\n" not in self._heard and len(self._heard) < _LONGEST_ORDER:
            try:
                piece = os.read(self._descriptor, _PIECE)
            except OSError:
                piece = b""
            if not piece:
                return None
            self._heard += piece
        line, _, rest = bytes(self._heard).partition(b"\n")
        self._heard[:] = rest
        return line

    def _listen(self) -> None:
        while (line := self._line()) is not None:
            try:
                self.stops.put(msgspec.json.decode(line, type=Stop))
            except msgspec.DecodeError:
                continue  # a wish from a newer sipview that this engine does not know
        self.gone = True


class Reporter:
    """Tells the front end on standard output, on a thread of its own; old news that nobody has taken yet is left out."""

    _PATIENCE_S = 2.0

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._waiting: queue.SimpleQueue[msgspec.Struct | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def tell(self, event: msgspec.Struct) -> None:
        """Tell this, in order; counters only if nothing else waits to be told."""
        if not isinstance(event, Progress) or self._waiting.empty():
            self._waiting.put(event)

    def _tell(self) -> None:
        while (event := self._waiting.get()) is not None:
            line = msgspec.json.encode(event) + b"\n"
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                return  # nobody reads any more; that standard input ends says so too

    def close(self) -> None:
        """Let what waits be told, unless nobody takes it."""
        self._waiting.put(None)
        self._thread.join(self._PATIENCE_S)
