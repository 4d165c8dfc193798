"""What becomes of a working copy that was captured without a window: saved, kept for another time, or recovered."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sipview import environment
from sipview.cli.command import OutputError, UsageError, say
from sipview.live import ENDED_AS_ORDERED, Ended, InUse, WorkingCopy, claim, recoverable
from sipview.live.limits import amount
from sipview.live.orders import STOPPED_AS_ASKED
from sipview.values import CancelToken, visible

if TYPE_CHECKING:
    from sipview.capture.writing import Written


def save_ended(copy: WorkingCopy, path: Path, ended: Ended) -> int:
    """Save a capture that has ended, and say how it went; returns the exit status. Raises `OutputError`."""
    as_ordered, progress = ended.reason in ENDED_AS_ORDERED, ended.progress
    if ended.sentence != STOPPED_AS_ASKED:
        say(ended.sentence)
    if not copy.has_packets and (not as_ordered or not copy.files):
        return 1  # nothing is there to be saved, not even that nothing came
    for tap in progress.taps:
        if tap.lost and ended.reason != "source-lost":
            say(f"not captured {'to the end' if tap.by else 'at all'}: {visible(tap.lost, 2000)}")
    written = _saved(copy, path)
    remark = _deleted(copy)
    known = progress.taps and all(tap.dropped is not None for tap in progress.taps)
    drops = f"{progress.dropped:,} dropped" if known else "drops not known"
    forgotten = copy.manifest is not None and copy.manifest.order.ring is not None and written.packets < progress.packets
    of = f" (the newest of {progress.packets:,})" if forgotten else ""
    print(f"{written.packets:,} packets{of}, {drops}, {amount(written.bytes)}, {progress.elapsed_s:.1f} s: {path} ({remark})")
    return 0 if as_ordered else 1


def leave(copy: WorkingCopy) -> None:
    """Let go of a working copy: one with packets that are not saved is kept, and said to be, any other deleted."""
    if copy.folder.exists() and copy.has_packets and not copy.unwanted:
        say(f"the captured packets are kept in {copy.folder}; sipview capture --recover -w FILE saves them")
        copy.release()
    else:
        copy.delete()


def recover(spool: Path, path: Path) -> int:
    """Save the oldest capture that was left behind; returns the exit status. Raises `OutputError`, `UsageError`."""
    for folder in recoverable(spool):
        try:
            copy = claim(folder)
        except InUse:
            continue
        try:
            written = _saved(copy, path)
        except BaseException:
            copy.release()
            raise
        begun = _begun(copy)
        print(f"{written.packets:,} packets, {amount(written.bytes)}, captured {begun}: {path} ({_deleted(copy)})")
        tell_recoverable(spool)
        return 0
    raise UsageError("there is no capture to recover")


def tell_recoverable(spool: Path) -> None:
    """Say what was left behind, if anything."""
    folders = recoverable(spool)
    if folders:
        one = f"a capture that was not saved is in {folders[0]}"
        more = f" (and {len(folders) - 1} more)" if len(folders) > 1 else ""
        say(f"{one}{more}; sipview capture --recover -w FILE saves it")


def _saved(copy: WorkingCopy, path: Path) -> "Written":
    from sipview.live.saving import save  # noqa: PLC0415 - what writing takes, capturing does without

    try:
        return save(copy, path, CancelToken(), f"sipview {environment.version()}")
    except OSError as error:
        raise OutputError(f"{path} could not be written: {error.strerror or error}") from error


def _deleted(copy: WorkingCopy) -> str:
    """Delete a working copy that is saved, and say so; Windows keeps what another program has open."""
    if copy.delete():
        return "the working copy is deleted"
    return f"another program has the working copy in {copy.folder} open; the next capture deletes it"


def _begun(copy: WorkingCopy) -> str:
    begun_s = copy.manifest.begun_ns / 1e9 if copy.manifest is not None else copy.folder.stat().st_mtime
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(begun_s))
