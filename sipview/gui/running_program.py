"""One program for all files: a second start hands its files to the program that already runs, and ends.

They meet at a local socket that only this user can open. What comes through it is data: a line of JSON, of a bounded length.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from sipview import environment

_ANSWER = b"taken\n"
_LONGEST = 1 << 20
_PATIENCE_MS = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody who starts sipview wants to see. ``follow``: another program still writes the files."""

    paths: tuple[Path, ...]
    follow: bool = False

    def line(self) -> bytes:
        """The wish as a line for the socket; relative paths are those of the one who asks."""
        return json.dumps({"paths": [str(path.absolute()) for path in self.paths], "follow": self.follow}).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> "Wish":
        """The wish of a line. Raises `ValueError` for anything else."""
        try:
            said = json.loads(line)
            paths, follow = said["paths"], said["follow"]
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError("no wish") from error
        if not isinstance(paths, list) or not isinstance(follow, bool) or not all(isinstance(path, str) for path in paths):
            raise ValueError("no wish")
        return cls(tuple(Path(path) for path in paths), follow)


def meeting_place() -> str:
    """The name of the socket: one for each user's settings."""
    return "sipview-" + hashlib.sha256(str(environment.config_folder()).encode()).hexdigest()[:16]


def hand_over(place: str, wish: Wish) -> bool:
    """Give a wish to the program that runs already; False where none does, or it does not answer."""
    socket = QLocalSocket()
    socket.connectToServer(place)
    if not socket.waitForConnected(_PATIENCE_MS):
        return False
    socket.write(wish.line())
    answer = b""
    while len(answer) < len(_ANSWER) and socket.waitForReadyRead(_PATIENCE_MS):
        answer += bytes(socket.readAll().data())
    socket.disconnectFromServer()
    return answer == _ANSWER


class RunningProgram(QObject):
    """Listens for others that start. ``wished(wish)`` tells what they want."""

    wished = Signal(object)

    def __init__(self, place: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._met)
        self.listening = self._server.listen(place)
        if not self.listening:  # a program that crashed left its socket; nobody answered there, as was tried before
            QLocalServer.removeServer(place)
            self.listening = self._server.listen(place)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _met(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            _Guest(socket, self).wished.connect(self.wished)


class _Guest(QObject):
    """One who has come through the socket; gone when the socket is closed."""

    wished = Signal(object)

    def __init__(self, socket: QLocalSocket, program: QObject) -> None:
        super().__init__(program)
        self._socket = socket
        socket.readyRead.connect(self._read)
        socket.disconnected.connect(socket.deleteLater)
        socket.disconnected.connect(self.deleteLater)

    def _read(self) -> None:
        socket = self._socket
        if not socket.canReadLine():
            if socket.bytesAvailable() > _LONGEST:
                socket.abort()
            return
        try:
            wish = Wish.of(bytes(socket.readLine(_LONGEST).data()))
        except ValueError:
            socket.abort()
            return
        socket.write(_ANSWER)
        socket.flush()
        self.wished.emit(wish)
