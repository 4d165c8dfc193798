"""The folder of a running capture: its files, a manifest that says what they are, and the lock of whoever it belongs to.

When a program has crashed, its lock is gone and its folder is still there: the next one offers to save it (`recoverable`).
"""

import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from sipview.live.locking import ENGINE_LOCK, OWNER_LOCK, InUse, Lock
from sipview.live.orders import ENDED_FILE, Ended, Order, Progress, TapState, files_of, generation_of

_FOLDER, _MANIFEST = "captures", "manifest.json"
_FILE_HEADER = 24
_MANIFEST_VERSION = 1
_UNWANTED = "unwanted"  # a file that marks a folder of which not all could be deleted
_PATIENCE_S, _LOOK_AGAIN_S = 2.0, 0.05


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands beside the files.

    ``begun_ns`` is the time by the clock; ``descriptions`` are what people call the sources. ``last`` are the counters at the
    end, of all parts of a capture that went on (None: nobody has told them), and ``ended`` is the sentence why it ended;
    ``before`` are those of the parts before the one that runs. ``target`` is the file that it shall be saved to, if that is
    known. ``trigger`` is what the front end waits for, in its own words: this room does not look into it.
    """

    order: Order
    begun_ns: int
    descriptions: tuple[str, ...] = ()
    last: Progress | None = None
    ended: str = ""
    target: str = ""
    before: Progress | None = None
    trigger: str = ""
    version: int = _MANIFEST_VERSION

    @property
    def taps(self) -> tuple[TapState, ...]:
        """The counters of each source at the end; nothing where they are not known."""
        return () if self.last is None else self.last.taps


class WorkingCopy:
    """A folder of captured files that this process owns, until it is deleted or released. Make it by `begin` or `claim`."""

    def __init__(self, folder: Path, lock: Lock, manifest: Manifest | None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._lock = lock

    def describe(self, order: Order, descriptions: Sequence[str] = (), target: Path | None = None, trigger: str = "") -> None:
        """Say what is captured here, before it begins."""
        path = "" if target is None else str(target.resolve())
        self._write(Manifest(order, time.time_ns(), tuple(descriptions), target=path, trigger=trigger))

    @property
    def generation(self) -> int:
        """The generation of its newest files, 0 where there are none."""
        return max((generation_of(path.name) for paths in self.files.values() for path in paths), default=0)

    def go_on(self, order: Order, before: Progress | None = None) -> None:
        """Say that more is captured into it; what it is called and when it began stay. Its counters are known at the end.

        ``before`` are those of what is there already.
        """
        assert self.manifest is not None, "only what has begun goes on"
        self._write(replace(self.manifest, order=order, before=before, last=None, ended=""))

    def ended(self, ended: Ended) -> None:
        """Keep the last counters, for whoever saves it; on a full disk only as long as this program lives."""
        if self.manifest is not None:
            self.manifest = replace(self.manifest, last=ended.progress, ended=ended.sentence)
            with contextlib.suppress(OSError):
                self._write(self.manifest)

    def _write(self, manifest: Manifest) -> None:
        fresh = self.folder / (_MANIFEST + ".new")
        try:
            fresh.write_bytes(msgspec.json.encode(manifest))
            fresh.replace(self.folder / _MANIFEST)
        except OSError:
            with contextlib.suppress(OSError):
                fresh.unlink()  # what fitted of it
            raise
        self.manifest = manifest

    @property
    def files(self) -> dict[int, list[Path]]:
        """Position of a source in the order to its files, the oldest first."""
        return files_of(self.folder)

    @property
    def bytes(self) -> int:
        """What its files have."""
        return sum(path.stat().st_size for paths in self.files.values() for path in paths)

    @property
    def has_packets(self) -> bool:
        """Whether any file has more than its header."""
        return any(path.stat().st_size > _FILE_HEADER for paths in self.files.values() for path in paths)

    def delete(self, patience_s: float = _PATIENCE_S) -> bool:
        """Delete it: it has been saved, or is not wanted. Whether it is gone.

        Windows keeps a file that anybody has open, a reader that is about to let go or a virus scanner. What is there still
        after ``patience_s`` is deleted by the next `recoverable`.
        """
        with contextlib.suppress(OSError):
            (self.folder / _UNWANTED).touch()
        self._lock.release()
        until = time.monotonic() + patience_s
        while not _deleted(self.folder):
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_AGAIN_S)
        return True

    @property
    def unwanted(self) -> bool:
        """Whether it was deleted before, and something of it could not be."""
        return (self.folder / _UNWANTED).exists()

    def release(self) -> None:
        """Leave it for another time."""
        self._lock.release()


def begin(spool: Path) -> WorkingCopy:
    """A new folder below ``spool``, readable for this user only. Raises `OSError`."""
    parent = spool / _FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    number = 0
    while True:
        folder = parent / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{number}"
        number += 1
        try:
            folder.mkdir(mode=0o700)
            return WorkingCopy(folder, Lock(folder / OWNER_LOCK), None)
        except (FileExistsError, FileNotFoundError, InUse):
            continue  # another of this name, or one that tidied up has been quicker


def recoverable(spool: Path) -> list[Path]:
    """The folders below ``spool`` of captures that were never saved and that no program works on, the oldest first.

    Folders without a packet are deleted on the way.
    """
    found = []
    for folder in sorted((spool / _FOLDER).glob("*/")):
        try:
            copy = claim(folder)
        except (InUse, OSError):
            continue
        if copy.has_packets and not copy.unwanted:
            copy.release()
            found.append(folder)
        else:
            copy.delete(patience_s=0)
    return found


def _deleted(folder: Path) -> bool:
    """Delete what can be deleted of a folder, the mark that it is unwanted as the last; whether all is gone."""
    try:
        for path in folder.iterdir():
            if path.name != _UNWANTED:
                with contextlib.suppress(OSError):
                    path.unlink()
        if [path.name for path in folder.iterdir()] in ([], [_UNWANTED]):
            shutil.rmtree(folder, ignore_errors=True)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return not folder.exists()


def being_written(spool: Path) -> set[Path]:
    """The files to which captures that run now shall be saved."""
    targets = set()
    for folder in (spool / _FOLDER).glob("*/"):
        manifest = _manifest(folder)
        if manifest is None or not manifest.target:
            continue
        try:
            claim(folder).release()
        except InUse:
            targets.add(Path(manifest.target))
        except OSError:
            continue
    return targets


def claim(folder: Path) -> WorkingCopy:
    """Take over a folder that was left behind.

    Raises `InUse` where a program, or an engine that is about to end, works on it, and `OSError`.
    """
    lock = Lock(folder / OWNER_LOCK)
    try:
        Lock(folder / ENGINE_LOCK).release()
    except BaseException:
        lock.release()
        raise
    return WorkingCopy(folder, lock, _manifest(folder))


def _manifest(folder: Path) -> Manifest | None:
    """What is told about it; None where that is missing or damaged: the files can be saved all the same.

    Where the front end did not live to hear how it ended, the engine has left word.
    """
    try:
        manifest = msgspec.json.decode((folder / _MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError):
        return None
    if manifest.ended:
        return manifest
    try:
        ended = msgspec.json.decode((folder / ENDED_FILE).read_bytes(), type=Ended)
        last = ended.progress if manifest.before is None else ended.progress.behind(manifest.before)
    except (OSError, msgspec.DecodeError, ValueError):
        return manifest
    return replace(manifest, last=last, ended=ended.sentence)
