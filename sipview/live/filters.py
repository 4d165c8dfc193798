"""What is wrong with a capture filter that does not compile, and where: libpcap says only "syntax error"."""

import re
from typing import NamedTuple

from sipview.live.library import Library, LibraryError

_TOKEN = re.compile(r"[()\[\]]|[^\s()\[\]]+")
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")
# With one of these behind it, every beginning of a good filter is a good filter.
_CONTINUATIONS = (
    "",
    " udp",
    " 1",
    " host 127.0.0.1",
    " 127.0.0.1",
    " 02:00:00:00:00:01",
    " = 1",
    "] = 1",
    " 0] = 1",
    ":1] = 1",
)
_MOST_TOKENS = 200


class FilterFault(NamedTuple):
    """Why a filter does not compile: a sentence, and the characters from ``start`` to ``end`` that it is about."""

    sentence: str
    start: int
    end: int


def fault_of(library: Library, expression: str, link_type: int) -> FilterFault | None:
    """What is wrong with this filter for frames of this link type; None where nothing is. The empty filter is good."""
    said = _refusal(library, expression, link_type)
    if said is None:
        return None
    said = said.removeprefix("can't parse filter expression: ")
    start, end = _place(library, expression, said, link_type)
    near = expression[start:end]
    if said == "syntax error" and not near:
        said = "the filter ends too early"
    elif near and near not in said:
        said = f"{said} at '{near}'"
    return FilterFault(said[:1].upper() + said[1:] + ".", start, end)


def _refusal(library: Library, expression: str, link_type: int) -> str | None:
    try:
        library.compile_for(link_type, expression).close()
    except LibraryError as error:
        return str(error)
    return None


def _place(library: Library, expression: str, said: str, link_type: int) -> tuple[int, int]:
    """The word that libpcap quotes, or else the first token that no good filter has there; at the end: it is too short."""
    quoted = _QUOTED.search(said)
    at = expression.find(quoted.group(1)) if quoted else -1
    if quoted and at >= 0:
        return at, at + len(quoted.group(1))
    if "syntax error" not in said:
        return 0, len(expression)
    tokens = list(_TOKEN.finditer(expression))
    for token in tokens[:_MOST_TOKENS]:
        beginning = expression[: token.end()]
        closing = ")" * max(0, beginning.count("(") - beginning.count(")"))
        if all("syntax error" in (_refusal(library, beginning + more + closing, link_type) or "") for more in _CONTINUATIONS):
            return token.span()
    return len(expression), len(expression)
