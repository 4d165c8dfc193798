"""A drawing of calls without what tells who it was: people, hosts, Call-IDs, as far as it is wanted.

Pseudonyms go into the events before anything is laid out, so that no hover text, no description and no part of a file can say
more than the drawing. Where people are replaced, words that a device or a user chose freely (the phrase of a status, the text
of a Reason, names given to lanes) give way to standard ones, as nobody knows what they say.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from sipview.calls import Call, Conversation, Observed
from sipview.ladder import LadderEvent, LadderOptions
from sipview.ladder.events import user_of
from sipview.ladder.reason import reason_in_words
from sipview.session.naming import HostNames
from sipview.session.pseudonyms import NOTHING, Hidden, Pseudonyms
from sipview.sip.registry import STATUS_CODES

_STANDARD_PHRASES = frozenset(phrase for phrase, _ in STATUS_CODES.values())
_REASON_TEXT = re.compile(r';\s*text\s*=\s*(?:"(?:[^"\\]|\\.)*"?|[^;,]*)', re.IGNORECASE)
_HOST_OF = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:;?>]*)")


@dataclass(frozen=True, slots=True)
class Subjects:
    """What is drawn: calls and conversations, the messages of the capture, and the positions of those drawn.

    ``media_hosts`` are the addresses that their SDP names, ``hosts`` the names that were guessed for lanes.
    """

    subjects: Sequence[Call | Conversation]
    messages: Sequence[Observed]
    positions: Sequence[int]
    media_hosts: Collection[str] = ()
    hosts: HostNames = field(default_factory=HostNames)


class Anonymous:
    """Replaces what is ``hidden`` in the parts of a drawing; with nothing hidden they stay as they are."""

    def __init__(self, drawn: Subjects, hidden: Collection[Hidden]) -> None:
        self.hidden = frozenset(hidden)
        self._messages = drawn.messages
        self._hosts = drawn.hosts
        self._phrases: Mapping[str, str] = MappingProxyType({})
        names: dict[str, str] = {}
        if Hidden.NUMBERS in self.hidden:
            names |= _people(drawn)
            self._phrases = _standard_phrases(drawn)
        if Hidden.CALL_IDS in self.hidden:
            call_ids = dict.fromkeys(drawn.messages[position].facts.call_id for position in drawn.positions)
            names |= {call_id: f"id {number}" for number, call_id in enumerate(filter(None, call_ids), start=1)}
        addresses = _addresses(drawn) if Hidden.ADDRESSES in self.hidden else None
        self._names = Pseudonyms({**names, **self._phrases}, addresses=addresses)

    def text(self, text: str) -> str:
        """A text with pseudonyms."""
        return self._names.hide(text)

    def events(self, events: Sequence[LadderEvent]) -> Sequence[LadderEvent]:
        """The events with pseudonyms in all that is drawn or told of them; method and status stay."""
        return [self._event(event) for event in events] if self.hidden else events

    def options(self, options: LadderOptions) -> LadderOptions:
        """The options with pseudonyms in heading, names and keys of lanes."""
        if not self.hidden:
            return options
        names = {key: self._lane_name(key, name) for key, name in options.lane_names.items()}
        return replace(
            options,
            title=self.text(options.title),
            subtitle=self.text(options.subtitle),
            lane_names={self._key(key): name for key, name in names.items() if name},
            lane_subtitles={self._key(key): self.text(text) for key, text in options.lane_subtitles.items()},
            lane_order=tuple(self._key(key) for key in options.lane_order),
            hidden_lanes=frozenset(self._key(key) for key in options.hidden_lanes),
        )

    def _event(self, event: LadderEvent) -> LadderEvent:
        method_or_status, space, rest = event.title.partition(" ")
        title = self._phrases.get(event.title) or f"{method_or_status}{space}{self.text(rest)}"
        return replace(
            event,
            title=title,
            detail=self.text(self._detail(event)),
            media=tuple(self.text(line) for line in event.media),
            source=event.source._replace(address=self._names.host(event.source.address)),
            destination=event.destination._replace(address=self._names.host(event.destination.address)),
        )

    def _detail(self, event: LadderEvent) -> str:
        """The detail with the cause of a Reason in the place of its text."""
        reason = self._messages[event.position].facts.reason_header
        if Hidden.NUMBERS not in self.hidden or not reason:
            return event.detail
        said = reason_in_words(reason)
        kept = event.detail.removesuffix(said)
        return (kept + reason_in_words(_REASON_TEXT.sub("", reason))).removesuffix(" · ") if kept != event.detail else kept

    def _lane_name(self, key: str, name: str) -> str:
        """A lane's name: a guessed one with a pseudonym, one that the user gave only where people are not replaced."""
        address = _address_of(key)
        guessed = self._hosts.names.get(key) or self._hosts.names.get(address, "")
        return self.text(guessed if Hidden.NUMBERS in self.hidden else name)

    def _key(self, key: str) -> str:
        """The key of a lane, ``address`` or ``address:port``, as its events have it now."""
        address = _address_of(key)
        host = self._names.host(address)
        return key if host == address else host + key[len(key.rpartition(address)[0]) + len(address) :].removeprefix("]")


def _address_of(key: str) -> str:
    if key.startswith("["):
        return key[1:].partition("]")[0]
    return key.partition(":")[0] if key.count(":") == 1 else key


def _people(drawn: Subjects) -> dict[str, str]:
    """Names for everybody: callers and callees of the calls first, then whoever else there is, each in all ways written."""
    calls = [one for one in drawn.subjects if isinstance(one, Call)]
    callers = dict.fromkeys(_identity(call.caller) for call in calls)
    callees = dict.fromkeys(_identity(call.callee) for call in calls)
    forms: dict[str, dict[str, None]] = {}
    for user in (*(name for call in calls for name in (call.caller, call.callee)), *_users(drawn)):
        forms.setdefault(_identity(user), {})[user] = None
    forms.pop("", None)
    of_identity: dict[str, str] = {}
    _number(of_identity, [one for one in callers if one in forms], "caller")
    _number(of_identity, [one for one in callees if one in forms and one not in of_identity], "callee")
    _number(of_identity, [one for one in forms if one not in of_identity], "party" if of_identity else "user")
    return {form: of_identity[identity] for identity, texts in forms.items() for form in texts if form.strip()}


def _users(drawn: Subjects) -> Iterator[str]:
    for position in drawn.positions:
        facts = drawn.messages[position].facts
        for uri in (facts.from_uri, facts.to_uri, facts.request_uri):
            if uri and (user := user_of(uri)):
                yield user
    yield from (drawn.hosts.names[address] for address in drawn.hosts.people)


def _identity(name: str) -> str:
    """What two ways to write a number have in common: ``+49 30 1234`` and ``0049301234`` are one."""
    digits = re.sub(r"[\s().-]", "", name)
    if digits.lstrip("+").isdecimal():
        return digits.removeprefix("+").removeprefix("00") or digits
    return name


def _number(names: dict[str, str], identities: Sequence[str], word: str) -> None:
    for count, identity in enumerate(identities, start=1):
        names[identity] = word if len(identities) == 1 else f"{word} {count}"


def _standard_phrases(drawn: Subjects) -> dict[str, str]:
    """Status and phrase of responses that have words of their own, and what stands there instead."""
    found = {}
    for position in drawn.positions:
        facts = drawn.messages[position].facts
        if facts.status is not None and facts.reason and facts.reason not in _STANDARD_PHRASES:
            standard, _ = STATUS_CODES.get(facts.status, ("", ""))
            found[f"{facts.status} {facts.reason}".rstrip()] = f"{facts.status} {standard}".rstrip()
    return found


def _addresses(drawn: Subjects) -> Iterator[str]:
    """All addresses and host names that a text of the drawing may hold, those of the lanes first."""
    for position in drawn.positions:
        observed = drawn.messages[position]
        yield observed.source.address
        yield observed.destination.address
    for position in drawn.positions:
        facts = drawn.messages[position].facts
        for uri in (facts.from_uri, facts.to_uri, facts.request_uri):
            host = _HOST_OF.match(uri or "")
            if host is not None and host["host"]:
                yield host["host"].strip("[]")
    yield from drawn.media_hosts


NOBODY_HIDDEN = Anonymous(Subjects((), (), ()), NOTHING)
"""Replaces nothing."""
