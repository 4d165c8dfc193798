"""Names such as ``caller`` in the place of the numbers of people, the same in all texts of a drawing.

What is replaced are the user parts of From, To and Request-URI of the messages drawn, wherever they stand as a word of their
own: in titles, details, names of lanes, headings. Addresses of hosts stay, as a ladder without them tells nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sipview.calls import Call, Conversation, Observed
from sipview.export import CallInWords, LadderPage, Said
from sipview.ladder import LadderEvent, LadderOptions
from sipview.ladder.events import user_of

# Texts that hold digits and are nobody's number; they stay even where a user is called so.
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[[0-9a-fA-F:.]+\](?::\d+)?|port \d+"
_MOST_NAMES = 20_000
_LONGEST_NAME = 200


class Pseudonyms:
    """Replaces names; without any it changes nothing."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = dict(names)
        words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        self._pattern = re.compile(rf"(?:{_ADDRESS})|(?P<name>(?<!\w)(?:{words})(?!\w))") if names else None

    @classmethod
    def of(
        cls, messages: Sequence[Observed], subjects: Sequence[Call | Conversation], positions: Sequence[int]
    ) -> "Pseudonyms":
        """Names for everybody in these messages: callers and callees of the calls first, then whoever else there is."""
        callers = {_identity(one.caller): None for one in subjects if isinstance(one, Call)}
        callees = {_identity(one.callee): None for one in subjects if isinstance(one, Call)}
        forms: dict[str, dict[str, None]] = {}
        for one in subjects:
            for text in (one.caller, one.callee) if isinstance(one, Call) else ():
                forms.setdefault(_identity(text), {})[text] = None
        for user in _users(messages, positions):
            forms.setdefault(_identity(user), {})[user] = None
        forms.pop("", None)
        of_identity: dict[str, str] = {}
        _number(of_identity, [one for one in callers if one in forms], "caller")
        _number(of_identity, [one for one in callees if one in forms and one not in of_identity], "callee")
        _number(of_identity, [one for one in forms if one not in of_identity], "party" if of_identity else "user")
        names = {form: of_identity[identity] for identity, texts in forms.items() for form in texts if form.strip()}
        return cls(dict(list(names.items())[:_MOST_NAMES]))

    def hide(self, text: str) -> str:
        """The text with pseudonyms for names."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._names[found["name"]] if found["name"] else found[0], text)

    def hide_in_events(self, events: Sequence[LadderEvent]) -> Sequence[LadderEvent]:
        """The events with pseudonyms in their titles and details; the status of a response stays."""
        if self._pattern is None:
            return events
        return [replace(event, title=self._hide_in_title(event), detail=self.hide(event.detail)) for event in events]

    def hide_in_options(self, options: LadderOptions) -> LadderOptions:
        """The options with pseudonyms in heading and names of lanes."""
        return replace(
            options,
            title=self.hide(options.title),
            subtitle=self.hide(options.subtitle),
            lane_names={key: self.hide(name) for key, name in options.lane_names.items()},
            lane_subtitles={key: self.hide(text) for key, text in options.lane_subtitles.items()},
        )

    def hide_in_page(self, page: LadderPage) -> LadderPage:
        """The page with pseudonyms in what it says of the calls."""
        calls = tuple(
            CallInWords(self.hide(call.headline), tuple(Said(said.what, self.hide(said.value)) for said in call.facts))
            for call in page.calls
        )
        return replace(page, calls=calls)

    def _hide_in_title(self, event: LadderEvent) -> str:
        status, space, reason = event.title.partition(" ")
        return f"{status}{space}{self.hide(reason)}"  # the method or the status is nobody's name


def _users(messages: Sequence[Observed], positions: Sequence[int]) -> Iterator[str]:
    for position in positions:
        facts = messages[position].facts
        for uri in (facts.from_uri, facts.to_uri, facts.request_uri):
            user = user_of(uri) if uri else ""
            if user and len(user) <= _LONGEST_NAME:
                yield user


def _identity(name: str) -> str:
    """What two ways to write a number have in common: ``+49 30 1234`` and ``0049301234`` are one."""
    digits = re.sub(r"[\s().-]", "", name)
    if digits.lstrip("+").isdecimal():
        return digits.removeprefix("+").removeprefix("00") or digits
    return name


def _number(names: dict[str, str], identities: Sequence[str], word: str) -> None:
    for count, identity in enumerate(identities, start=1):
        names[identity] = word if len(identities) == 1 else f"{word} {count}"
