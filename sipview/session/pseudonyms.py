"""Words such as ``caller``, ``host 2`` or ``id 1`` in the place of what tells who it was, the same in all texts of a drawing.

Who takes a ladder away chooses what is replaced (`Hidden`). It is found wherever it stands as a word of its own: in titles,
details, tooltips, names of lanes, headings, facts. A text is looked through word by word, so that the time does not grow with
the number of names.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from sipview.values import visible


class Hidden(StrEnum):
    """What is replaced in what is taken away."""

    NUMBERS = "numbers"  # and names of people, and what a device says in words of its own
    ADDRESSES = "addresses"  # of hosts, and their names
    CALL_IDS = "call-ids"


EVERYTHING = frozenset(Hidden)
NOTHING: frozenset[Hidden] = frozenset()

# Texts that hold digits and are nobody's number; they stay even where a user is called so. A status stands behind a colon.
_KEPT = r"port \d+|\d[\d.]* (?:ms|s|min|h)\b|(?<=: )\d{3}(?= [A-Z])"
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|\[[0-9A-Fa-f:.%\w]+\]|[0-9A-Fa-f]{0,4}:(?:[0-9A-Fa-f]{0,4}:)+[0-9A-Fa-f.]*"
_NEXT = re.compile(rf"(?P<kept>(?<!\w){_KEPT})|(?<![\w.:])(?P<address>{_ADDRESS})(?::\d{{1,5}}(?!\w))?|(?P<word>\w+)")
_WORD = re.compile(r"\w+")
_SHOWN_LENGTHS = (40, 60, 200)
"""Texts are cut to one of these lengths before a drawing gets them."""
_TEXTS_KEPT = 20_000


class Pseudonyms:
    """What stands for what. ``names`` are whole texts; an address that is not among them gets a pseudonym when it is met."""

    def __init__(self, names: Mapping[str, str], *, addresses: Iterable[str] | None = None) -> None:
        """``addresses`` are known ones in the order of their numbers; None leaves all addresses as they are."""
        self._names: dict[str, str] = {}
        self._places: dict[str, set[tuple[int, int]]] = {}  # by the first word of a name: what stands before it, and the length
        self._known: dict[str, str] = {}
        self._hosts: dict[str, str] | None = None if addresses is None else {}
        for name, pseudonym in names.items():
            for form in (name, *(visible(name, length) for length in _SHOWN_LENGTHS)):
                self._learn(form, pseudonym)
        for address in addresses or ():
            host = self.host(address)
            if not _is_address(address):
                self._learn(address, host)

    @property
    def idle(self) -> bool:
        """Whether it replaces nothing."""
        return not self._names and self._hosts is None

    def host(self, address: str) -> str:
        """The pseudonym of an address or host name; itself where addresses stay."""
        if self._hosts is None:
            return address
        key = _canonical(address)
        return self._hosts.setdefault(key, f"host {len(self._hosts) + 1}")

    def hide(self, text: str) -> str:
        """The text with pseudonyms."""
        if self.idle:
            return text
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _TEXTS_KEPT:
                self._known.clear()
            known = self._known[text] = self._hide(text)
        return known

    def _learn(self, form: str, pseudonym: str) -> None:
        form = _folded(form)
        first = _WORD.search(form)
        if first is not None and form not in self._names:
            self._names[form] = pseudonym
            self._places.setdefault(first[0], set()).add((first.start(), len(form)))

    def _hide(self, text: str) -> str:
        pieces = []
        folded = _folded(text)
        done = at = 0
        while (found := _NEXT.search(text, at)) is not None:
            start, end = found.span()
            replaced = None
            word = _WORD.search(folded, start, end)
            named = None if word is None else self._name_at(folded, word, done)
            if found.lastgroup == "kept" and (named is None or named[1] <= end):
                pass
            elif named is not None:
                start, end = named
                replaced = self._names[folded[start:end]]
            elif found.lastgroup == "address" and not _is_address(found["address"]):
                end = word.end() if word is not None else end  # a time of day: its other words are looked at as well
            elif found.lastgroup == "address" and self._hosts is not None:
                replaced = self.host(found["address"]) + text[found.end("address") : end]
            if replaced is not None:
                pieces += [text[done:start], replaced]
                done = end
            at = max(end, start + 1)
        return "".join((*pieces, text[done:]))

    def _name_at(self, text: str, word: re.Match[str], done: int) -> tuple[int, int] | None:
        """From where to where the longest name stands whose first word is this one."""
        for before, length in sorted(self._places.get(word[0], ()), key=lambda place: -place[1]):
            start = word.start() - before
            end = start + length
            if (
                start >= done
                and text[start:end] in self._names
                and not (start and text[start].isalnum() and _is_word(text[start - 1]))
                and not (end < len(text) and _is_word(text[end - 1]) and _is_word(text[end]))
            ):
                return start, end
        return None


def _folded(text: str) -> str:
    """The text without regard to case, with every character in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        return address.lower()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
