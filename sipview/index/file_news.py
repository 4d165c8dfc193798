"""What reading a capture file brings besides packets, so that it can be told to whoever did not read it."""

from typing import Any, NamedTuple

from sipview.capture import CaptureFile, Comment, Interface
from sipview.values import Problem


class FileNews(NamedTuple):
    """What has come to be known of a file; see `capture.CaptureFile` for what each means."""

    interfaces: tuple[Interface, ...]
    problems: tuple[Problem, ...]
    secrets: tuple[bytes, ...]
    comments: tuple[Comment, ...]
    names: dict[str, str]
    drops: dict[int, int]

    def tell(self, file: CaptureFile) -> None:
        """Let ``file`` know it, too."""
        file.interfaces += self.interfaces
        file.problems += self.problems
        file.secrets += self.secrets
        file.comments += self.comments
        file.names.update(self.names)
        file.drops.update(self.drops)


class Known:
    """What is known of a file at some time."""

    def __init__(self, file: CaptureFile) -> None:
        self._file = file
        self._lists: tuple[list[Any], ...] = (file.interfaces, file.problems, file.secrets, file.comments)
        self._names, self._drops = dict(file.names), dict(file.drops)
        self._counts = self._lengths()

    def news(self) -> FileNews | None:
        """What came since the last call, or since this was made; None if nothing did."""
        file, since = self._file, self._counts
        names = {} if len(file.names) == len(self._names) else dict(file.names.items() - self._names.items())
        drops = {} if file.drops == self._drops else dict(file.drops)
        self._counts = self._lengths()
        if self._counts == since and not names and not drops:
            return None
        self._names, self._drops = dict(file.names), dict(file.drops)
        interfaces, problems, secrets, comments = since
        return FileNews(
            tuple(file.interfaces[interfaces:]), tuple(file.problems[problems:]), tuple(file.secrets[secrets:]),
            tuple(file.comments[comments:]), names, drops,
        )  # fmt: skip

    def restore(self) -> None:
        """Forget what the file was told since: it is going to be read from the beginning."""
        for known, count in zip(self._lists, self._counts, strict=True):
            del known[count:]
        self._file.names.clear()
        self._file.names.update(self._names)
        self._file.drops.clear()
        self._file.drops.update(self._drops)

    def _lengths(self) -> tuple[int, ...]:
        return tuple(len(known) for known in self._lists)
