"""The catalogue: sentences as data, each with its RFC section.

A catalogue text is TOML. A top-level table groups entries of one kind; an entry is found by ``table.key``. An entry is a
sentence, or a table of ``text`` and ``reference``. ``reference`` at the top of a table serves its entries that name none::

    [max-forwards]
    reference = "RFC 3261 8.1.1.6"
    fresh = "{hops} is what most devices start with, so no proxy has passed this on yet."
    last = { text = "No proxy may pass this on any more.", reference = "RFC 3261 16.3" }

The table ``about`` holds the longer explanations of what a header field is in general, for who never met one.

Sentences name their values as ``{placeholder}``: lower-case letters and underscores, nothing else. This is no format
string: values are put in by one pass over the text, so braces in a value stay what they are.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import NamedTuple

from sipview.values import visible

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_TABLE = re.compile(r"^\[([^\].]+)\][ \t]*$", re.MULTILINE)
_REFERENCE = re.compile(r"(RFC \d{3,5}|ITU-T [A-Z]\.\d+) ([1-9A-Z][0-9]*(\.\d+)*|Annex [A-Z])")
_KEYS = {"text", "reference"}
LONGEST_VALUE = 72
"""A value in a sentence is cut to this many characters; the whole stands beside the sentence anyway."""


class Sentence(NamedTuple):
    """What is said about a part of a message, and where the standard says so."""

    text: str
    reference: str


class Catalogue:
    """Sentences by name. Raises `ValueError` at once if a text is no valid catalogue."""

    def __init__(self, *toml_texts: str) -> None:
        self._entries: dict[str, Sentence] = {}
        self._unread: dict[str, list[str]] = {}
        self._reading = Lock()
        for toml_text in toml_texts:
            self._read(toml_text)

    @classmethod
    def by_and_by(cls, *toml_texts: str) -> "Catalogue":
        """The same of texts that are known to be valid: a table is read when something of it is first asked for.

        Each table begins with its name in brackets at the beginning of a line, where nothing else does.
        """
        catalogue = cls()
        for toml_text in toml_texts:
            heads = list(_TABLE.finditer(toml_text))
            ends = [head.start() for head in heads[1:]] + [len(toml_text)]
            for head, end in zip(heads, ends, strict=True):
                catalogue._unread.setdefault(head[1], []).append(toml_text[head.start() : end])
        return catalogue

    def _entry(self, name: str) -> Sentence | None:
        table = name.partition(".")[0]
        if table in self._unread:
            with self._reading:
                for toml_text in self._unread.get(table, ()):
                    self._read(toml_text)
                self._unread.pop(table, None)
        return self._entries.get(name)

    def _known(self, name: str) -> Sentence:
        entry = self._entry(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def _read_all(self) -> None:
        for table in tuple(self._unread):
            self._entry(f"{table}.")

    def _read(self, toml_text: str) -> None:
        try:
            tables = tomllib.loads(toml_text)
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"the catalogue of explanations is no TOML: {error}") from error
        for table, entries in tables.items():
            if not isinstance(entries, dict):
                raise ValueError(f"the catalogue has {table} outside of a table")
            self._take(table, entries)

    def _take(self, table: str, entries: Mapping[str, object]) -> None:
        default = entries.get("reference", "")
        for key, entry in entries.items():
            if key == "reference":
                continue
            name = f"{table}.{key}"
            fields = {"text": entry} if isinstance(entry, str) else entry
            if not isinstance(fields, dict) or not fields.keys() <= _KEYS:
                raise ValueError(f"the catalogue entry {name} is no sentence and no table of text and reference")
            sentence = Sentence(str(fields.get("text", "")), str(fields.get("reference", default)))
            if name in self._entries:
                raise ValueError(f"the catalogue has {name} twice")
            if not sentence.text:
                raise ValueError(f"the catalogue entry {name} has no text")
            if not _REFERENCE.fullmatch(sentence.reference):
                raise ValueError(
                    f"the catalogue entry {name} has no reference to a section of a standard: {sentence.reference!r}"
                )
            if "{" in _PLACEHOLDER.sub("", sentence.text):
                raise ValueError(f"the catalogue entry {name} has a brace that begins no placeholder")
            self._entries[name] = sentence

    def __len__(self) -> int:
        self._read_all()
        return len(self._entries)

    @property
    def names(self) -> frozenset[str]:
        """The names of all entries, ``table.key``."""
        self._read_all()
        return frozenset(self._entries)

    def placeholders(self, name: str) -> frozenset[str]:
        """The values that an entry wants. Raises `KeyError` for an unknown entry."""
        return frozenset(_PLACEHOLDER.findall(self._known(name).text))

    def has(self, table: str, key: str) -> bool:
        """Whether a table has an entry of that key."""
        return self._entry(f"{table}.{key}") is not None

    def about(self, field: str) -> str:
        """What such a part is in general, where the table ``about`` tells; else ""."""
        entry = self._entry(f"about.{field.lower()}")
        return entry.text if entry is not None else ""

    def say(self, name: str, /, **values: str | int) -> Sentence:
        """The sentence of that name with its values put in: shortened, and with everything invisible made visible.

        Raises `KeyError` where the entry, or a value that it wants, is missing: both are our mistakes, not the packet's.
        """
        entry = self._known(name)
        if "{" not in entry.text:
            return entry

        def value(match: re.Match[str]) -> str:
            return visible(str(values[match.group(1)]), LONGEST_VALUE)

        return Sentence(_PLACEHOLDER.sub(value, entry.text), entry.reference)

    def say_of(self, table: str, key: str, otherwise: str, /, **values: str | int) -> Sentence:
        """What a table says of ``key``, which may be anything that a packet holds; else the entry ``otherwise``."""
        return self.say(f"{table}.{key}" if self.has(table, key) else otherwise, **values)


def joined(sentences: Iterable[Sentence]) -> Sentence:
    """Several sentences as one text; every section that they stand on is named once, in their order."""
    present = [sentence for sentence in sentences if sentence.text]
    if len(present) == 1:
        return present[0]
    references = dict.fromkeys(sentence.reference for sentence in present if sentence.reference)
    return Sentence(" ".join(sentence.text for sentence in present), "; ".join(references))
