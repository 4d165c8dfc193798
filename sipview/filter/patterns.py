"""Regular expressions that take time in proportion to the text, whatever the pattern is.

RE2 has Perl's syntax without back-references and look-around, which is what makes it safe to let a user's pattern loose on
hostile text. Wireshark matches bytes; here a ``.`` is one character, so the two differ only in how many dots ``é`` needs.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, cast

import re2  # type: ignore[import-untyped]  # google-re2 comes without type information

_MEMORY = 1 << 20  # bytes for a compiled pattern; a larger one is refused


class PatternError(ValueError):
    """A pattern cannot be used. ``fragment`` is the part that is wrong, as it stands in the pattern, or ""."""

    def __init__(self, sentence: str, fragment: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fragment = fragment


class _Searcher(Protocol):
    def search(self, text: bytes) -> object | None: ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression, searched for anywhere in a text, without regard to case. Raises `PatternError` if it is none."""

    expression: str

    def __post_init__(self) -> None:
        _compiled(self.expression)

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches somewhere in the text. As in Perl, ``$`` is also before a last line feed."""
        compiled, data = _compiled(self.expression), text.encode("utf-8", "surrogatepass")
        if compiled.search(data) is not None:
            return True
        return "$" in self.expression and data.endswith(b"\n") and compiled.search(data[:-1]) is not None


_SENTENCES = {
    "missing )": "a “(” is not closed",
    "unexpected )": "there is a “)” without “(”",
    "missing ]": "a “[” is not closed",
    "no argument for repetition operator": "there is nothing to repeat",
    "bad repetition operator": "two repetitions follow each other",
    "invalid repetition size": "that repeats too often",
    "invalid escape sequence": "no such escape, or a back-reference, which sipview does not have",
    "invalid perl operator": "no such group, or a look-around, which sipview does not have",
    "invalid character class range": "the range runs backwards",
    "invalid character class": "no such class of characters",
    "trailing \\": "there is nothing after the last backslash",
    "pattern too large": "it is too large",
}


@lru_cache(maxsize=64)
def _compiled(expression: str) -> _Searcher:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return cast("_Searcher", re2.compile(expression.encode("utf-8", "surrogatepass"), options))
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if error.args else ""
        for reason, sentence in _SENTENCES.items():
            if said.startswith(reason):
                raise PatternError(sentence, said.removeprefix(reason).removeprefix(": ")) from None
        raise PatternError(said or "it cannot be compiled", "") from None
