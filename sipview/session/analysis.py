"""The pipeline from capture files to calls, and the questions a front end asks of it."""

import gc
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sipview import environment
from sipview.calls import Call, Conversations, Observed, Tracker
from sipview.capture import CaptureError, CaptureFile, open_capture
from sipview.capture.failure import name_of
from sipview.index import Candidate, PacketIndex, read
from sipview.index.reading import Reading as FileReading
from sipview.index.reading import Step
from sipview.index.standby import WORTH_A_PROCESS
from sipview.session.following import Names, Pace, cut_while_followed, wait_for_growth
from sipview.session.snapshot import Snapshot, SourceProblem, TakeMessages, Taken
from sipview.session.user_word import NOTHING_SAID, Reading, named_ports
from sipview.session.wording import calls_in_words, calls_title, in_utc
from sipview.sip import Facts
from sipview.skimming import Skimmer, Skimming, skim_all
from sipview.values import CancelToken, Problem

# A list of calls needs none of these rooms, and is there a tenth of a second earlier without them: whoever asks for what they
# do imports them (here only names for types).
if TYPE_CHECKING:
    from sipview.explain import Catalogue, Explanation
    from sipview.ladder import LadderEvent, LadderOptions, LadderPicture, TextMeasure
    from sipview.session.fields import PacketFields
    from sipview.session.media_ends import MediaEnd
    from sipview.sip import Message

_WORK_TO_SHOW = 7  # times as long as it takes to show how far reading is, nothing is shown
_STEPS_AHEAD = 3  # of the reading before the taking in
_DESCRIPTIONS_IN_A_ROW = 16  # read between two looks whether that is still wanted
_MESSAGES_IN_A_ROW = 64  # about 2 ms of work
_MOST_OPENED = 256  # messages in full
_NO_CONVERSATIONS = Conversations(calls=(), others=(), transactions=(), retransmission_of=())


class Analysis:
    """Capture files under analysis. Make it, `load` it (on a worker thread), then ask; `close` it at the end.

    Raises `capture.CaptureError` if a file cannot be opened as a capture, `OSError` if the key log cannot be read. With
    ``skip_unreadable`` such a file is a problem of the snapshots instead, as long as another file can be opened.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        spool_folder: Path | None = None,
        cancel: CancelToken | None = None,
        reading: Reading = NOTHING_SAID,
        *,
        skip_unreadable: bool = False,
    ) -> None:
        self.reading = reading
        self._files: list[CaptureFile] = []
        self._skipped: list[SourceProblem] = []
        spool = self._spool = spool_folder if spool_folder is not None else environment.spool_folder
        try:
            self._key_log = b"" if reading.key_log is None else reading.key_log.read_bytes()
            for path in paths:
                try:
                    self._files.append(open_capture(path, spool, cancel))
                except CaptureError as error:
                    if not skip_unreadable:
                        raise
                    self._skipped.append(SourceProblem(path, Problem("unreadable", 0, 0, str(error))))
            if self._skipped and not self._files:
                more = f" ({len(self._skipped) - 1} more)" if len(self._skipped) > 1 else ""
                raise CaptureError(self._skipped[0].problem.text + more)
        except BaseException:
            self.close()
            raise
        self.paths = tuple(file.path for file in self._files)
        self._sip_ports, self._rtp_ports = named_ports(reading.decode_as)
        self.quoted: Mapping[int, Observed] = {}  # the message that an ICMP error is about, by row; see `know_packets`
        self._packets_known = -1
        self._packets = 0  # that were taken in
        self._observed: list[Observed] = []
        self._frame_offset = array("q")  # where a message begins in its frame; -1 for one put together from several
        self._length = array("q")
        self._gathered: dict[int, bytes] = {}
        self._rows: dict[int, tuple[int, ...]] = {}  # of messages that several packets carry
        self._tracker = Tracker()
        self._judge_calls = True
        self._snapshot = Snapshot(None, 0, (), _NO_CONVERSATIONS, (), 0.0, complete=False)
        self._fields: tuple[Snapshot, PacketFields] | None = None
        self._opened: dict[int, Message] = {}

    @property
    def left_out(self) -> tuple[SourceProblem, ...]:
        """Those captures that could not be opened, where ``skip_unreadable`` was wished, each with the reason."""
        return tuple(self._skipped)

    @property
    def snapshot(self) -> Snapshot:
        """The latest snapshot."""
        return self._snapshot

    def load(
        self,
        cancel: CancelToken,
        show: Callable[[Snapshot], None] | None = None,
        every_s: float = 0.1,
        *,
        judge_calls: bool = True,
        taken: TakeMessages | None = None,
        behind: bool = False,
    ) -> Snapshot:
        """Read everything. ``show`` is called on this thread with a snapshot every ``every_s`` seconds or less often.

        Less often where making and showing it costs more than an eighth of the time. Raises `values.Cancelled` when asked
        to stop; the snapshot then stands at what was read. Without ``judge_calls`` there are transactions and repetitions,
        but neither calls nor other conversations. ``taken`` is called with the messages as they come, for whoever need not
        wait for the others: all of them, in their order, some at a time. ``behind``: the process that helps comes after
        all others that want a processor, such as the display.
        """
        self._judge_calls = judge_calls
        told = 0
        due = time.monotonic() + every_s
        # Millions of new tuples, none of them in a cycle: the collector would look through all of them again and again.
        collecting = gc.isenabled()
        gc.disable()
        enough = True  # memory
        try:
            for index, done in self._read(cancel, behind=behind):
                if taken is not None:
                    taken(index, self._taken_since(told))
                    told = len(self._observed)
                began = time.monotonic()
                if show is not None and began >= due:
                    show(self._make_snapshot(index, done, complete=False))
                    now = time.monotonic()
                    due = now + max(every_s, _WORK_TO_SHOW * (now - began))
                else:
                    self._snapshot = replace(self._snapshot, index=index, packets=self._packets, done=done)
        except MemoryError:
            # Mostly it is one large array that there is no memory for, so what was read can be shown.
            enough = False
            self._tell_of_memory()
        finally:
            if self._snapshot.index is not None:
                self._make_snapshot(self._snapshot.index, self._snapshot.done, complete=enough and not cancel.cancelled)
            if collecting:
                gc.freeze()
                gc.enable()
        return self._snapshot

    def _tell_of_memory(self) -> None:
        """Note that the reading ended for want of memory. Raises `CaptureError` if there is nothing to show."""
        index, row = self._snapshot.index, self._packets - 1
        if index is None or row < 0:
            raise CaptureError(f"{name_of(self._files[0].path)}: byte 0: this process has not enough memory to read it.")
        (file, _), at = index.interfaces[int(index.interface[row])], int(index.offset[row])
        text = f"what comes after packet {row + 1:,} is not read: this process has not enough memory"
        file.problems.append(Problem("out-of-memory", at, file.size, f"{name_of(file.path)}: byte {at}: {text}."))

    def _taken_since(self, first: int) -> Iterable[Taken]:
        """The messages from that position on, each with the one that it repeats."""
        observed = self._observed
        originals = self._tracker.originals(first)
        return zip(observed[first:], [None if original < 0 else observed[original] for original in originals], strict=True)

    def _read(self, cancel: CancelToken, *, behind: bool) -> Iterator[tuple[PacketIndex, float]]:
        """Take everything in, step by step; gives the index and the fraction that was read. ``_packets`` tells how far it is.

        The messages of a long capture are skimmed beside, and taken in when they are; then the index is ahead of them.
        """
        waiting: deque[tuple[Step, int, Skimming]] = deque()
        long = sum(file.size for file in self._files) >= WORTH_A_PROCESS
        only = self._files[0] if len(self._files) == 1 else None
        file = None if only is None else only.descriptor
        with Skimmer(file, processors=None if long else 1, behind=behind) as skimmer:
            for step in read(self._files, cancel, self._key_log, self._sip_ports, behind=behind):
                places = None if only is None else step.places
                skimming = skimmer.begin([candidate.held for candidate in step.candidates], places)
                waiting.append((step, step.index.count, skimming))
                while waiting and not (skimming.beside and len(waiting) <= _STEPS_AHEAD):
                    taken, self._packets, skimmed = waiting.popleft()
                    first = len(self._observed)
                    self._take(taken.candidates, skimmed.facts(cancel), cancel)
                    if self._judge_calls:
                        cancel.check()
                        self._tracker.judge_ended(self._observed[first:], self._now_ns(step.index))
                    cancel.check()
                    yield step.index, taken.done
            while waiting:
                taken, self._packets, skimmed = waiting.popleft()
                self._take(taken.candidates, skimmed.facts(cancel), cancel)
                yield taken.index, taken.done

    def follow(
        self,
        cancel: CancelToken,
        ended: threading.Event,
        show: Callable[[Snapshot], None],
        every_s: float = 0.1,
        *,
        catch_up: bool = False,
        tell: Callable[[str], None] | None = None,
    ) -> Snapshot:
        """Read files that still grow, until ``ended`` is set and all that they have is read.

        ``show`` is called on this thread with a snapshot when packets have come, every ``every_s`` seconds or less often:
        less often where making and showing it costs more than a quarter of the time. Rows stand in the order in which packets
        were found, which with several files is that of time to a moment only. That a file ends inside a record is no problem
        before the end. With ``catch_up`` nothing is shown before all is read that is there at the beginning. Raises
        `values.Cancelled` when asked to stop; the snapshot then stands at what was read. It ends by itself where all files
        have become shorter. With ``tell`` a file is followed by its name: where that is renamed or deleted, ``tell`` is given
        a sentence before the next snapshot is shown, and what takes its place is read behind it.
        """
        reading = FileReading(self._files, self._key_log, self._sip_ports)
        pace = Pace(every_s)
        growing = True  # the first snapshot is shown even without packets: there is an index to look at
        cut = 0
        open_file = partial(open_capture, spool_folder=self._spool, cancel=cancel)
        names = Names(self._files, open_file, tell) if tell is not None else None
        try:
            while True:
                if names is not None and names.changed:
                    growing = True  # what is told shall be seen
                    for successor in names.look():
                        self._files.append(successor)
                        reading.add(successor)
                for step in reading.steps(cancel):
                    self._take_new(step, cancel)
                    growing |= self._packets > self._snapshot.packets
                    self._snapshot = replace(self._snapshot, index=step.index, packets=self._packets)
                    if growing and not catch_up and not pace.wait_s:
                        growing = False
                        self._show_growing(reading.index, pace, show)
                catch_up = False
                if cut < (cut := len(cut_while_followed(self._files))):
                    if cut == len(self._files):
                        break  # nothing more can come
                    growing = True
                if growing and not ended.wait(pace.wait_s):
                    growing = False
                    self._show_growing(reading.index, pace, show)
                if not wait_for_growth(self._files, ended, cancel, names):
                    break
                ended.wait(pace.wait_s)
            self._take_new(reading.finish(), cancel)
        finally:
            self._make_snapshot(reading.index, 1.0, complete=not cancel.cancelled)
        return self._snapshot

    def _show_growing(self, index: PacketIndex, pace: Pace, show: Callable[[Snapshot], None]) -> None:
        pace.begin()
        snapshot = self._make_snapshot(index, 0.0, complete=False)
        problems = tuple(each for each in snapshot.problems if each.problem.kind != "cut-record")
        show(replace(snapshot, problems=problems))
        pace.made()

    def message_data(self, position: int) -> bytes:
        """The bytes of a message."""
        if position in self._gathered:
            return self._gathered[position]
        index = self._snapshot.index
        assert index is not None, "there are no messages before there is an index"
        start = self._frame_offset[position]
        return index.frame(self._observed[position].row)[start : start + self._length[position]]

    def cut_files(self) -> tuple[Path, ...]:
        """Those files that have become shorter since they were read. Costs next to nothing."""
        return tuple(file.path for file in self._files if file.was_cut())

    def rows_of(self, position: int) -> tuple[int, ...]:
        """The rows of all packets that carry a part of a message."""
        return self._rows.get(position) or (self._observed[position].row,)

    def message(self, position: int) -> "Message":
        """A message in full; the last ones opened are kept."""
        message = self._opened.pop(position, None) or self._parse(position)
        self._opened[position] = message
        for oldest in list(self._opened)[:-_MOST_OPENED]:  # others may ask for messages at the same time
            self._opened.pop(oldest, None)
        return message

    def explain(self, position: int) -> "tuple[Explanation, ...]":
        """What a message means, part by part."""
        from sipview.explain import Setting, explain  # noqa: PLC0415

        seen = self._observed[position]
        return explain(self.message(position), Setting(seen.source, seen.destination, seen.transport), catalogue())

    def heading(self, calls: Sequence[Call], *, with_source: bool = True) -> tuple[str, str]:
        """Title and subtitle of a drawing of these calls: who called whom and how it went, when, in which capture.

        The subtitle of several calls has a line for each. The name of a capture may tell who it is about, so it can be left
        out.
        """
        start = f"{in_utc(min(call.start_ns for call in calls)):%Y-%m-%d %H:%M:%S} UTC"
        where = f"{start} · {', '.join(path.name for path in self.paths)}" if with_source else start
        return calls_title(calls), "\n".join((where, *calls_in_words(calls)))

    def ladder(self, calls: Sequence[Call], options: "LadderOptions", measure: "TextMeasure") -> "LadderPicture":
        """The ladder of these calls in one drawing."""
        from sipview.ladder import lay_out  # noqa: PLC0415

        positions = sorted({position for call in calls for position in call.messages})
        return lay_out(self.events(positions), options, measure)

    def events(self, positions: Sequence[int]) -> "tuple[LadderEvent, ...]":
        """The ladder events of these messages, in order of time."""
        from sipview.ladder import events_of  # noqa: PLC0415

        details = {position: self._sdp_in_short(position) for position in positions if self._observed[position].facts.sdp}
        return events_of(positions, self._observed, self._snapshot.conversations, details)

    def _sdp_in_short(self, position: int) -> str:
        from sipview.sip import sdp_summary, session_description  # noqa: PLC0415

        description = session_description(self.message(position))
        return sdp_summary(description) if description is not None else ""

    def know_packets(self, cancel: CancelToken | None = None) -> None:
        """Judge packets by what messages say of them: media by session descriptions, ICMP errors by what they quote.

        Looks at each message that has a description, so it is done for packet lists only, and once for all that was read.
        Raises `values.Cancelled` when asked to stop; then nothing is judged.
        """
        token = cancel if cancel is not None else CancelToken()
        snapshot = self._snapshot
        if snapshot.index is None or self._packets_known == len(snapshot.messages):
            return
        from sipview.session.media_ends import label_media, media_ends  # noqa: PLC0415
        from sipview.session.quoted import messages_quoted  # noqa: PLC0415

        described = [seen.position for seen in snapshot.messages if seen.facts.sdp]
        ends: set[MediaEnd] = set()
        for number, position in enumerate(described):
            if number % _DESCRIPTIONS_IN_A_ROW == 0:
                token.check()
            ends.update(media_ends(self.message_data(position)))
        label_media(snapshot.index, snapshot.packets, ends, self._rtp_ports, token)
        found = messages_quoted(snapshot.index, snapshot.packets, snapshot.messages, self.message_data)
        self.quoted = {row: snapshot.messages[position] for row, position in found.items()}
        self._packets_known = len(snapshot.messages)
        self._fields = None  # its columns were made of what the packets were taken for before

    def fields(self, snapshot: Snapshot | None = None) -> "PacketFields":
        """The packets of a snapshot as what a display filter is evaluated on; keeps the columns for the next filter.

        Without ``snapshot`` those read so far.
        """
        from sipview.session.fields import PacketFields  # noqa: PLC0415
        from sipview.sip.parser import read_message  # noqa: PLC0415

        snapshot = snapshot or self._snapshot
        held = self._fields
        if held is None or held[0] is not snapshot:
            assert snapshot.index is not None, "fields are asked for after the first step"
            columns = PacketFields(
                snapshot.index, snapshot.packets, snapshot.messages, snapshot.conversations.calls,
                lambda position: read_message(self.message_data(position)), self.message_data,
            )  # fmt: skip
            held = self._fields = (snapshot, columns)
        return held[1]

    def close(self) -> None:
        """Let go of the files, and of what would keep this object alive."""
        self._fields = None
        for file in self._files:
            file.close()
        self._files.clear()

    def _parse(self, position: int) -> "Message":
        from sipview.sip import parse  # noqa: PLC0415

        return parse(self.message_data(position))

    def _take_new(self, step: Step, cancel: CancelToken) -> None:
        self._packets = step.index.count
        self._take(step.candidates, skim_all([candidate.held for candidate in step.candidates], cancel), cancel)

    def _take(self, candidates: Sequence[Candidate], facts: Sequence[Facts], cancel: CancelToken) -> None:
        for start in range(0, len(candidates), _MESSAGES_IN_A_ROW):
            cancel.check()
            stop = start + _MESSAGES_IN_A_ROW
            self._take_some(candidates[start:stop], facts[start:stop])

    def _take_some(self, candidates: Sequence[Candidate], facts: Sequence[Facts]) -> None:
        # Column by column: there are hundreds of thousands of messages, and one by one this takes twice as long.
        rows, parts, times, sources, destinations, transports, held, offsets = zip(*candidates, strict=True)
        first = len(self._observed)
        observed = list(map(Observed, count(first), rows, times, sources, destinations, transports, facts))
        self._observed += observed
        self._length.extend(map(len, held))
        self._frame_offset.extend([-1 if offset is None else offset for offset in offsets])
        if None in offsets:
            for position, offset in enumerate(offsets):
                if offset is None:
                    self._gathered[first + position] = bytes(held[position])
                    self._rows[first + position] = parts[position]
        self._tracker.add_all(observed)

    def _now_ns(self, index: PacketIndex) -> int:
        """The time of the last packet that was taken in."""
        return int(index.time_ns[self._packets - 1]) if self._packets else 0

    def _make_snapshot(self, index: PacketIndex, done: float, *, complete: bool) -> Snapshot:
        now_ns = self._now_ns(index)
        self._snapshot = Snapshot(
            index=index,
            packets=self._packets,
            messages=self._observed[:],
            conversations=self._tracker.conversations(now_ns) if self._judge_calls else self._tracker.transactions(),
            problems=(
                *self._skipped,
                *(SourceProblem(file.path, problem) for file in self._files for problem in file.problems),
            ),
            done=done,
            complete=complete,
        )
        return self._snapshot


@lru_cache(maxsize=1)
def catalogue() -> "Catalogue":
    """The catalogue of explanations that comes with sipview."""
    from sipview.explain import Catalogue  # noqa: PLC0415

    files = sorted(environment.resource_path("explain").glob("*.toml"))
    return Catalogue.by_and_by(*(file.read_text(encoding="utf-8") for file in files))
