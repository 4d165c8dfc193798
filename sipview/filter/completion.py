"""What could come next in a filter that is being typed."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile
from typing import NamedTuple

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from sipview.filter.fields import Field, FieldType, fields, find_field
from sipview.filter.syntax import LENGTH_LIMIT, lark, position_of


class CompletionKind(StrEnum):
    """What a completion is."""

    FIELD = "field"
    OPERATOR = "operator"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that can stand in [``start``, ``end``) of the filter, and what it means."""

    text: str
    start: int
    end: int
    description: str
    kind: CompletionKind


KnownValues = Callable[[Field], Iterable[str]]
"""Values that a field has in the capture at hand, as one would write them in a filter."""

_COMPARISONS = (
    ("==", "equal"),
    ("!=", "no value is equal"),
    (">", "greater"),
    ("<", "less"),
    (">=", "greater or equal"),
    ("<=", "less or equal"),
    ("in", "one of a set: {a, b, 1..5}"),
)
_SEARCHES = (("contains", "has this text in it"), ("matches", "a regular expression is found, whatever the case"))
_CONNECTIVES = (("&&", "and", "_AND"), ("||", "or", "_OR"))

_WORDLIKE = re.compile(r"[A-Za-z0-9_:/+-][A-Za-z0-9_:/+.-]*\Z")
_WORD_REST = re.compile(r"[A-Za-z0-9_:/+.-]*")
_UNFINISHED = re.compile(r'"(?:[^"\\]|\\.)*|[=&|.]', re.DOTALL)  # a text without its end, half an operator, "sip."
_LIMIT = 300


class _Typed(NamedTuple):
    """A filter up to the cursor: whole tokens, what the grammar takes after them, and the piece that is being typed."""

    tokens: list[Token]
    accepted: set[str]
    piece: str


def complete(text: str, cursor: int, known_values: KnownValues | None = None) -> list[Completion]:
    """Completions for the word that ends at the cursor (a position in the text), the likeliest first, 300 at most.

    ``known_values`` may add to the field's example values. What already stands after the cursor in the same word is
    replaced too. No completions where the text before the cursor is no beginning of a filter. Never raises.
    """
    cursor = max(0, min(cursor, len(text)))
    typed = _read(text[:cursor]) if cursor <= LENGTH_LIMIT else None
    if typed is None:
        return []
    start = cursor - len(typed.piece)
    rest = _WORD_REST.match(text, cursor)
    end = rest.end() if rest else cursor
    found: list[Completion] = []
    seen: set[str] = set()
    for kind, completed, description in _candidates(typed, known_values):
        if completed not in seen:
            seen.add(completed)
            found.append(Completion(completed, start, end, description, kind))
    piece = typed.piece.casefold()
    beginning = [c for c in found if c.text.casefold().startswith(piece) or c.text.casefold().startswith('"' + piece)]
    begun = set(beginning)
    inside = [c for c in found if c not in begun and len(piece) > 1 and piece in c.text.casefold()]
    return (beginning + inside)[:_LIMIT]


def _read(text: str) -> _Typed | None:
    """Take the text before the cursor apart; None if it is no beginning of a filter."""
    tokens: list[Token] = []
    piece = ""
    try:
        for token in lark().lex(text):
            tokens.append(token)  # noqa: PERF402  # the tokens before a fault are wanted too
    except UnexpectedCharacters as error:
        opened = _UNFINISHED.fullmatch(text, position_of(error))
        if opened is None:
            return None
        piece = opened.group()
        if piece == ".":
            if not tokens or tokens[-1].end_pos != position_of(error) or not _WORDLIKE.fullmatch(tokens[-1]):
                return None
            piece = f"{tokens.pop()}."
    if not piece and tokens and tokens[-1].end_pos == len(text) and _WORDLIKE.fullmatch(tokens[-1]):
        piece = str(tokens.pop())
    parser = lark().parse_interactive("")
    try:
        for token in tokens:
            parser.feed_token(token)
    except UnexpectedToken:
        return None
    accepted = parser.accepts()  # type: ignore[no-untyped-call]  # lark leaves it without types
    return _Typed(tokens, set(accepted), piece)


def _candidates(typed: _Typed, known_values: KnownValues | None) -> Iterator[tuple[CompletionKind, str, str]]:
    words = [token for token in typed.tokens if token.type == "WORD"]
    if "LPAR" in typed.accepted:
        for field in fields().values():
            yield CompletionKind.FIELD, field.name, field.description
        yield CompletionKind.OPERATOR, "not", "what the next test does not let pass"
    elif "TEXT" in typed.accepted:
        field_name = _compared_field(typed.tokens)
        compared = find_field(field_name) if field_name else None
        if compared is not None:
            for value in (*(known_values(compared) if known_values else ()), *compared.examples):
                yield CompletionKind.VALUE, value, compared.description
    elif "COMPARISON" in typed.accepted and words:
        tested = find_field(words[-1])
        if tested is not None:
            yield from _operators(tested)
    elif "IN" in typed.accepted:
        yield CompletionKind.OPERATOR, "in", "one of a set: {a, b, 1..5}"
    if "_LBRACE" in typed.accepted:
        yield CompletionKind.OPERATOR, "{", "a set: {a, b, 1..5}"
    for sign, word, terminal in _CONNECTIVES:
        if terminal in typed.accepted:
            yield CompletionKind.OPERATOR, sign, word
            yield CompletionKind.OPERATOR, word, sign


def _operators(field: Field) -> Iterator[tuple[CompletionKind, str, str]]:
    if field.type not in {FieldType.PROTOCOL, FieldType.CONTENT}:
        for text, description in _COMPARISONS:
            yield CompletionKind.OPERATOR, text, description
    if field.type in {FieldType.TEXT, FieldType.CONTENT}:
        for text, description in _SEARCHES:
            yield CompletionKind.OPERATOR, text, description


def _compared_field(tokens: list[Token]) -> str | None:
    """The field whose value is being typed: the nearest word before the nearest operator."""
    operators = {"COMPARISON", "CONTAINS", "MATCHES", "IN"}
    before = dropwhile(lambda token: token.type not in operators, reversed(tokens))
    return next((str(token) for token in before if token.type == "WORD"), None)
