"""The grammar of display filters, and what to say where a text leaves it."""

import re
from functools import lru_cache
from typing import cast

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from sipview.filter.errors import FilterError, shown

LENGTH_LIMIT = 10_000
"""Longest text that is read, in characters."""

DEPTH_LIMIT = 100
"""Deepest nesting of parentheses and negations."""

_WORD = r"[A-Za-z0-9_:\/+-]"

GRAMMAR = rf"""
start: disjunction?

?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: test
         | NOT negation           -> negation
         | LPAR disjunction RPAR  -> group

test: WORD                                    -> exists
    | QUANTIFIER? WORD COMPARISON value       -> comparison
    | QUANTIFIER? WORD CONTAINS value         -> contains
    | QUANTIFIER? WORD MATCHES value          -> matches
    | QUANTIFIER? WORD IN _LBRACE _elements _RBRACE      -> membership
    | QUANTIFIER? WORD NOT IN _LBRACE _elements _RBRACE  -> membership

_elements: element (_COMMA element)*
element: value (_RANGE value)?
?value: WORD | TEXT | RAW_TEXT

COMPARISON.3: /===|!==|==|!=|~=|>=|<=|>|<|(?:eq|ne|gt|lt|ge|le|any_eq|all_eq|any_ne|all_ne)(?!\.?{_WORD})/
CONTAINS.3: /contains(?!\.?{_WORD})/
MATCHES.3: /~(?!=)|matches(?!\.?{_WORD})/
IN.3: /in(?!\.?{_WORD})/
QUANTIFIER.3: /(?:any|all)(?!\.?{_WORD})/
NOT.3: /!(?!=)|not(?!\.?{_WORD})/
_AND.3: /&&|and(?!\.?{_WORD})/
_OR.3: /\|\||or(?!\.?{_WORD})/
RAW_TEXT.4: /[rR]"(?:[^"\\]|\\.)*"/s
TEXT.4: /"(?:[^"\\]|\\.)*"/s
WORD.1: /{_WORD}+(?:\.{_WORD}+)*/
LPAR: "("
RPAR: ")"
_LBRACE: "{{"
_RBRACE: "}}"
_COMMA: ","
_RANGE: ".."
%ignore /[ \t\r\n]+/
"""

_EXPECTED = (
    ({"LPAR"}, "a field such as sip.Method, “!” or “(”"),
    ({"TEXT"}, "a value"),
    ({"WORD"}, "a field such as sip.Method"),
    ({"COMPARISON"}, "an operator such as == or contains"),
    ({"_LBRACE"}, "a set such as {1, 3..5}"),
    ({"_RANGE"}, "“..”"),
    ({"_COMMA"}, "“,”"),
    ({"_RBRACE"}, "“}”"),
    ({"IN"}, "“in”"),
    ({"_AND"}, "“&&”"),
    ({"_OR"}, "“||”"),
    ({"RPAR"}, "“)”"),
    ({"$END"}, "the end"),
)  # fmt: skip

_FUNCTIONS = {"len", "lower", "upper", "count", "string", "max", "min", "abs"}
_MENDED = {"=": "==", "&": "&&", "|": "||", "‘": '"', "’": '"', "“": '"', "”": '"', "'": '"', ";": ""}
_RUN = re.compile(r"[^\s(){}\",=<>!&|~]+")


@lru_cache(maxsize=1)
def lark() -> Lark:
    """The parser; it also knows at each point of a text what could come next."""
    return Lark(GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


def read(text: str) -> Tree[Token]:
    """The parse tree of a text. Raises `FilterError` at the first place where it leaves the grammar."""
    if len(text) > LENGTH_LIMIT:
        raise FilterError(
            LENGTH_LIMIT, len(text), f"The filter has {len(text):,} characters; sipview reads {LENGTH_LIMIT:,} at most."
        )
    try:
        return lark().parse(text)
    except UnexpectedCharacters as error:
        raise _strange_character(text, position_of(error)) from None
    except UnexpectedToken as error:
        raise _strange_token(text, error) from None


def position_of(error: UnexpectedCharacters) -> int:
    """Where the characters are; lark declares it on a base class that knows of no position yet."""
    return cast("int", error.pos_in_stream)


def _strange_character(text: str, position: int) -> FilterError:
    character = text[position]
    if character == '"':
        return FilterError(position, len(text), "The closing quotation mark of this text is missing.")
    if character == "[":
        return FilterError(position, position + 1, "sipview does not know slices such as field[0:4].")
    if character in _MENDED:
        mended = _MENDED[character]
        advice = f"write {mended}" if mended else "leave it out"
        return FilterError(position, position + 1, f"{shown(character)} means nothing in a filter; {advice}.", mended)
    run = next((match for match in _RUN.finditer(text) if match.start() <= position < match.end()), None)
    if run is None:
        return FilterError(position, position + 1, f"{shown(character)} means nothing in a filter.")
    return FilterError(
        run.start(), run.end(), f"A text with {shown(character)} in it must stand in double quotes.", quoted(run.group())
    )


def _strange_token(text: str, error: UnexpectedToken) -> FilterError:
    token: Token = error.token
    if token.type == "$END":
        return FilterError(len(text), len(text), f"The filter ends too soon; expected {_wanted(error)}.")
    start = token.start_pos or 0
    end = token.end_pos or start
    before = text[:start].rstrip()
    called = re.search(rf"{_WORD}+\Z", before[-20:])
    if token.type == "LPAR" and called and called.group() in _FUNCTIONS:
        return FilterError(len(before) - len(called.group()), end, "sipview does not know functions such as len().")
    if token.type == "WORD" and token.lower() in {
        "and",
        "or",
        "not",
        "in",
        "contains",
        "matches",
        "eq",
        "ne",
        "gt",
        "lt",
        "ge",
        "le",
    }:
        return FilterError(start, end, f"Operators are written in small letters: {token.lower()}.", token.lower())
    if token.type in {"TEXT", "RAW_TEXT"} and "LPAR" in error.accepts:
        return FilterError(start, end, f"A test begins with a field and not with the text {shown(token)}.")
    return FilterError(start, end, f"{shown(token)} was found where {_wanted(error)} was expected.")


def _wanted(error: UnexpectedToken) -> str:
    accepted = set(error.accepts or ())
    names: list[str] = []
    for terminals, name in _EXPECTED:
        if terminals <= accepted:
            names.append(name)
            if "LPAR" in terminals or "TEXT" in terminals:
                break
    if "COMPARISON" in accepted:
        names.remove("“in”")
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


def quoted(text: str) -> str:
    """A text as a filter writes it. Characters that stand for undecodable bytes are written as those bytes."""
    pieces = []
    for character in text:
        code = ord(character)
        if character in '"\\':
            pieces.append("\\" + character)
        elif 0xDC80 <= code <= 0xDCFF:
            pieces.append(f"\\x{code - 0xDC00:02x}")
        elif code < 0x20 or code == 0x7F:
            pieces.append(f"\\x{code:02x}")
        else:
            pieces.append(character)
    return '"' + "".join(pieces) + '"'
