"""The slow questions that the window asks, each a frozen value for the door of `jobs`."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sipview.calls import Observed
from sipview.explain import Explanation
from sipview.gui import wording
from sipview.gui.cross_reference import CrossReference
from sipview.gui.jobs import Report
from sipview.gui.shown_text import ShownText, shown_text
from sipview.index import PacketIndex, standby
from sipview.index.standby import is_long
from sipview.session import Analysis, Reading, Snapshot
from sipview.session.naming import HostNaming
from sipview.session.quality import Quality, assess
from sipview.sip import Message
from sipview.values import Cancelled, CancelToken, Endpoint, Transport, visible

_WIDEST_LANE_DISTANCE_PX = 560.0
_EXPORT_SCALE = 2.0
_LEAST_LABEL_PX = 200.0
_ROUNDING_PX = 10  # lanes stand at distances that are multiples of it
_MOST_EVENTS_LAID_OUT_TWICE = 5000  # beyond, the first fit has to do


@dataclass(frozen=True, slots=True)
class Loaded:
    """Captures as far as they were read; ``stopped`` says that the user ended the reading before its end.

    ``remark``: a sentence, where they were not read as the user wants it.
    """

    analysis: Analysis
    cross: CrossReference
    took_s: float
    stopped: bool
    remark: str = ""

    @property
    def snapshot(self) -> Snapshot:
        """What was read."""
        return self.cross.snapshot


@dataclass(frozen=True, slots=True)
class LoadCaptures:
    """Open captures and read them; shows a `Loaded` now and then. Raises `capture.CaptureError`.

    Of several those are read that can be, and the remark tells of the others: the newest file of a ring is often empty.
    """

    paths: tuple[Path, ...]
    reading: Reading = field(default_factory=Reading)

    def run(self, report: Report) -> Loaded:
        """Read all, or as far as wanted."""
        began = time.monotonic()
        analysis, remark = opened(self.paths, self.reading, report.cancel, skip_unreadable=len(self.paths) > 1)
        left_out = analysis.left_out
        if left_out:
            why, rest = wording.refusal(left_out[0].problem.text), len(left_out) - 1
            more = f" {wording.counted(rest, 'more file')} cannot be opened either." if rest else ""
            remark = f"{remark} {why}{more} The others are shown.".lstrip()
        stopped, naming = False, HostNaming()
        try:
            analysis.load(
                report.cancel,
                lambda snapshot: report.show(
                    Loaded(analysis, CrossReference(snapshot, naming, report.cancel), time.monotonic() - began, stopped=False)
                ),
                behind=True,
            )
        except Cancelled:
            stopped = True
        except BaseException:
            analysis.close()
            raise
        try:
            cross = CrossReference(analysis.snapshot, naming, None if stopped else report.cancel)
        except Cancelled:  # too late: all was read
            cross = CrossReference(analysis.snapshot, naming)
        loaded = Loaded(analysis, cross, time.monotonic() - began, stopped, remark)
        if loaded.snapshot.index is not None and is_long(loaded.snapshot.index.files):
            standby.prepare(behind=True)  # whoever looks at long captures opens another
        return loaded


def opened(
    paths: tuple[Path, ...], reading: Reading, cancel: CancelToken, *, skip_unreadable: bool = False
) -> tuple[Analysis, str]:
    """Captures to be read, and a sentence where the key log is gone: then they are read without it.

    ``skip_unreadable`` as of `Analysis`. Raises `capture.CaptureError`, `OSError`, `values.Cancelled`.
    """
    try:
        return Analysis(paths, cancel=cancel, reading=reading, skip_unreadable=skip_unreadable), ""
    except OSError as error:
        if reading.key_log is None or str(error.filename) != str(reading.key_log):
            raise
        name = visible(reading.key_log.name, 120)
        remark = f"The TLS key log {name} cannot be read ({error.strerror or error}); encrypted connections stay closed."
        without = replace(reading, key_log=None)
        return Analysis(paths, cancel=cancel, reading=without, skip_unreadable=skip_unreadable), remark


@dataclass(frozen=True, slots=True)
class KnowPackets:
    """Judge packets by what messages, and the user, say of them: media by session descriptions and by rules for ports."""

    analysis: Analysis

    def run(self, report: Report) -> None:
        """The index is labelled anew."""
        self.analysis.know_packets(report.cancel)


@dataclass(frozen=True, slots=True)
class AssessQuality:
    """Look for what is missing, cut or out of order in a capture."""

    snapshot: Snapshot

    def run(self, report: Report) -> Quality | None:
        """How far it can be trusted; None where there are no packets."""
        return assess(self.snapshot, report.cancel)


@dataclass(frozen=True, slots=True)
class LearnExplaining:
    """Explain a message before there is one: the modules and texts for it take longer to load than a frame."""

    def run(self, report: Report) -> None:
        """Explain what most messages have."""
        from sipview.explain import Setting, explain  # noqa: PLC0415
        from sipview.session.analysis import catalogue  # noqa: PLC0415
        from sipview.sip import parse  # noqa: PLC0415

        report.cancel.check()
        here = Endpoint("192.0.2.1", 5060)
        explain(parse(_USUAL), Setting(here, here, Transport.UDP), catalogue())


_USUAL = b"""INVITE sip:bob@192.0.2.2 SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport\r
Max-Forwards: 70\r
From: "Alice" <sip:alice@192.0.2.1>;tag=1\r
To: <sip:bob@192.0.2.2>\r
Call-ID: 1@192.0.2.1\r
CSeq: 1 INVITE\r
Contact: <sip:alice@192.0.2.1:5060>\r
Allow: INVITE, ACK, BYE, CANCEL, OPTIONS\r
Supported: timer, 100rel\r
User-Agent: phone\r
Content-Type: application/sdp\r
Content-Length: 113\r
\r
v=0\r
o=- 1 1 IN IP4 192.0.2.1\r
s=-\r
c=IN IP4 192.0.2.1\r
t=0 0\r
m=audio 4000 RTP/AVP 8\r
a=rtpmap:8 PCMA/8000\r
"""


@dataclass(frozen=True, slots=True)
class OpenedMessage:
    """All that the message pane shows of one message."""

    observed: Observed
    message: Message
    explanations: Sequence[Explanation]
    text: ShownText


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """Parse and explain one message."""

    analysis: Analysis
    observed: Observed

    def run(self, report: Report) -> OpenedMessage:
        """The message in full."""
        message = self.analysis.message(self.observed.position)
        report.cancel.check()
        explanations = self.analysis.explain(self.observed.position)
        return OpenedMessage(self.observed, message, explanations, shown_text(message.data))


@dataclass(frozen=True, slots=True)
class OpenedPacket:
    """A packet that completes no SIP message: its row and its captured bytes."""

    row: int
    data: bytes


@dataclass(frozen=True, slots=True)
class OpenPacket:
    """Fetch the bytes of one packet."""

    index: PacketIndex
    row: int

    def run(self, report: Report) -> OpenedPacket:
        """The bytes from the link layer on."""
        report.cancel.check()
        return OpenedPacket(self.row, self.index.frame(self.row))
