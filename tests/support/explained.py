"""Looking into a tree of explanations: by the names of its parts."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from sipview.environment import resource_path
from sipview.explain import Catalogue, Explanation, Setting, explain
from sipview.sip import parse

MESSAGES = Path(__file__).parent.parent / "data" / "messages"


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with sipview."""
    return Catalogue(*(path.read_text(encoding="utf-8") for path in sorted(resource_path("explain").glob("*.toml"))))


def explained(data: bytes, setting: Setting | None = None) -> tuple[Explanation, ...]:
    """The explanation of the bytes of a message."""
    return explain(parse(data), setting or Setting(), catalogue())


def message_bytes(name: str) -> bytes:
    """A message that real software sent, out of tests/data/messages."""
    return (MESSAGES / f"{name}.sip").read_bytes()


def request(*lines: str, method: str = "INVITE", body: str = "") -> bytes:
    """A request of which only the given header lines are of interest; what a request needs else is added."""
    given = {line.partition(":")[0].lower() for line in lines}
    needed = [
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa",
        "From: <sip:alice@example.com>;tag=1",
        "To: <sip:bob@example.com>",
        "Call-ID: a",
        f"CSeq: 1 {method}",
    ]
    wanted = [*lines, *(line for line in needed if line.partition(":")[0].lower() not in given)]
    return "\r\n".join([f"{method} sip:bob@example.com SIP/2.0", *wanted, "", body]).encode()


def response(status: int, *lines: str, method: str = "INVITE", body: str = "") -> bytes:
    """A response, in the same way."""
    return b"\r\n".join([f"SIP/2.0 {status} Reason".encode(), *request(*lines, method=method, body=body).split(b"\r\n")[1:]])


def every(nodes: Sequence[Explanation]) -> Iterator[Explanation]:
    """All nodes of a tree, parents before children."""
    for node in nodes:
        yield node
        yield from every(node.children)


def part(nodes: Sequence[Explanation], *path: str) -> Explanation:
    """The first part of that name, and within it the next name, and so on."""
    found = next((node for node in nodes if node.field == path[0]), None)
    assert found is not None, f"no {path[0]} among {[node.field for node in nodes]}"
    return part(found.children, *path[1:]) if len(path) > 1 else found


def said(nodes: Sequence[Explanation], *path: str) -> str:
    """What is said of that part."""
    return part(nodes, *path).explanation
