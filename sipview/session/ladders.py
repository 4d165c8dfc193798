"""What a ladder needs to know of an analysis: the events of messages with what their SDP says, legend, and page."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sipview import environment
from sipview.calls import Call, Conversation
from sipview.export import CallInWords, LadderPage, Said
from sipview.ladder import LadderEvent, events_of
from sipview.session.analysis import Analysis
from sipview.session.anonymous import NOBODY_HIDDEN, Anonymous, Subjects
from sipview.session.naming import HostNames
from sipview.session.pseudonyms import EVERYTHING, Hidden
from sipview.session.quoted import undelivered
from sipview.session.wording import duration_words, in_utc, outcome_words, state_words
from sipview.sip import sdp_summary, session_description
from sipview.sip.sdp import Media, SessionDescription, parse_sdp
from sipview.values import CancelToken, epoch_text, visible

_MESSAGES_BETWEEN_LOOKS = 500
_MOST_MEDIA = 20
_MOST_CODECS = 12
_MOST_IN_WORDS = 50
_LONGEST = 300


class _Described(NamedTuple):
    """What an SDP says in short, and stream by stream; and the addresses that it names."""

    summary: str
    lines: tuple[str, ...]
    hosts: tuple[str, ...]


_NOTHING_DESCRIBED = _Described("", (), ())


class Ladders:
    """The ladders of one analysis; keeps what the SDP of each message says, as a call is drawn again and again."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._described: dict[int, _Described] = {}
        self._by_body: dict[bytes, _Described] = {}

    def events(self, positions: Sequence[int], cancel: CancelToken | None = None) -> tuple[LadderEvent, ...]:
        """The events of these messages, in order of time. Raises `values.Cancelled` when asked to stop."""
        token = cancel or CancelToken()
        snapshot = self.analysis.snapshot
        details: dict[int, str] = {}
        media: dict[int, tuple[str, ...]] = {}
        for number, position in enumerate(positions):
            if number % _MESSAGES_BETWEEN_LOOKS == 0:
                token.check()
            if snapshot.messages[position].facts.sdp:
                described = self._media_of(position)
                details[position], media[position] = described.summary, described.lines
        token.check()
        index, chosen = snapshot.index, [snapshot.messages[position] for position in positions]
        lost = undelivered(index, snapshot.packets, chosen, self.analysis.message_data) if index is not None else {}
        return events_of(positions, snapshot.messages, snapshot.conversations, details, media, lost)

    def page(self, subjects: Sequence[Call | Conversation], names: Anonymous = NOBODY_HIDDEN) -> LadderPage:
        """What a page of HTML says besides the drawing: each call in words, with pseudonyms where they are wanted."""
        return LadderPage(
            template=environment.resource_text("export/ladder.html.jinja"),
            calls=tuple(_in_words(subject, names) for subject in subjects[:_MOST_IN_WORDS]),
            made_by=f"sipview {environment.version()}",
        )

    def anonymous(
        self,
        subjects: Sequence[Call | Conversation],
        events: Sequence[LadderEvent],
        hidden: Collection[Hidden] = EVERYTHING,
        hosts: HostNames | None = None,
    ) -> Anonymous:
        """Pseudonyms for a drawing of these calls; ``hosts`` are the names that were guessed for its lanes."""
        if not hidden:
            return NOBODY_HIDDEN
        positions = [event.position for event in events]
        media_hosts: dict[str, None] = {}
        for position in positions if Hidden.ADDRESSES in hidden else ():
            if self.analysis.snapshot.messages[position].facts.sdp:
                media_hosts.update(dict.fromkeys(self._media_of(position).hosts))
        drawn = Subjects(subjects, self.analysis.snapshot.messages, positions, tuple(media_hosts), hosts or HostNames())
        return Anonymous(drawn, hidden)

    def _media_of(self, position: int) -> _Described:
        """What the SDP says."""
        known = self._described.get(position)
        if known is None:
            data = self.analysis.message_data(position)
            body = data.partition(b"\r\n\r\n")[2]
            plain = body.startswith(b"v=0")  # an SDP by itself, and not a part of a multipart body
            known = self._by_body.get(body) if plain else None
            if known is None:
                description = parse_sdp(body) if plain else session_description(self.analysis.message(position))
                known = _NOTHING_DESCRIBED if description is None else _described(description)
                if plain:
                    self._by_body[body] = known
            self._described[position] = known
        return known


def _described(description: SessionDescription) -> _Described:
    hosts = dict.fromkeys(media.address for media in description.media if media.address)
    return _Described(sdp_summary(description), media_lines(description), tuple(hosts))


def _in_words(subject: Call | Conversation, names: Anonymous) -> CallInWords:
    """A call or conversation for people who do not read ladders."""
    facts: list[Said] = []
    if isinstance(subject, Call):
        number, headline = f"Call {subject.number}: ", f"{subject.caller} calls {subject.callee}"
        facts.append(Said("Result", state_words(subject)))
        if subject.status is not None:
            facts.append(Said("Final status", f"{subject.status} {subject.reason or ''}".rstrip()))
        if course := outcome_words(subject)[1:]:
            facts.append(Said("Course", " · ".join(course)))
        facts.append(Said("Legs", str(len(subject.legs))))
        facts += [Said("Joined by", words) for words in subject.joined_by]
        facts += [Said("Call-ID", leg.call_id) for leg in subject.legs[:_MOST_IN_WORDS]]
    else:
        number, headline = "", f"{subject.kind.value} of {subject.from_uri or subject.call_id}"
        facts += [Said("Result", subject.outcome), Said("Call-ID", subject.call_id)]
    start = subject.start_ns
    facts.insert(0, Said("Start", _moment(start)))
    facts.insert(1, Said("Lasted", duration_words(subject.end_ns - start)))
    facts.append(Said("Messages", f"{len(subject.messages):,}"))
    said = tuple(Said(what, visible(names.text(value), _LONGEST)) for what, value in facts)
    return CallInWords(number + visible(names.text(headline), _LONGEST), said)


def _moment(time_ns: int) -> str:
    try:
        return f"{in_utc(time_ns):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:  # a capture may claim any year
        return epoch_text(time_ns, 3)


def media_lines(description: SessionDescription) -> tuple[str, ...]:
    """Each stream of a session description on a line: ``audio 4000 RTP/AVP · PCMU PCMA · 10.0.0.1 · sendonly``."""
    lines = tuple(_media_line(media) for media in description.media[:_MOST_MEDIA])
    more = len(description.media) - _MOST_MEDIA
    return (*lines, f"and {more} more") if more > 0 else lines


def _media_line(media: Media) -> str:
    port = "no port" if media.port < 0 else "refused" if media.port == 0 else str(media.port)
    codecs = [codec.encoding or str(codec.payload_type) for codec in media.codecs] or list(media.formats)
    shown = " ".join(dict.fromkeys(codecs[:_MOST_CODECS])) + (" …" if len(codecs) > _MOST_CODECS else "")
    parts = [f"{media.kind} {port} {media.profile}", shown, media.address, media.direction]
    return " · ".join(part for part in parts if part)


def positions_of(subjects: Sequence[Call | Conversation]) -> list[int]:
    """The positions of all messages of these calls, each once."""
    if len(subjects) == 1:
        return list(subjects[0].messages)
    return sorted({position for subject in subjects for position in subject.messages})


def legend_of(calls: Sequence[Call | Conversation], events: Sequence[LadderEvent]) -> dict[int, str]:
    """What the colour of each leg stands for in a drawing of several calls: ``call 3``, ``call 3 leg 2``; else nothing."""
    if len(calls) < 2:
        return {}
    owner = {position: call for call in calls for position in call.messages}
    legs: dict[int, Call | Conversation] = {}
    for event in events:
        if event.leg not in legs and event.position in owner:
            legs[event.leg] = owner[event.position]
    seen: dict[int, int] = {}
    words = {}
    for leg, call in sorted(legs.items()):
        seen[id(call)] = seen.get(id(call), 0) + 1
        if isinstance(call, Call):
            several = sum(other is call for other in legs.values()) > 1
            words[leg] = f"call {call.number}" + (f" leg {seen[id(call)]}" if several else "")
        else:
            words[leg] = f"{call.kind.value} {len(seen)}"
    return words
