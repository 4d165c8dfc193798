"""The body: a session description, several parts, or something else of which a few kinds are known."""

import re

from sipview.explain.capabilities import media_type, plain
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.sdp import session_description
from sipview.explain.subject import Subject
from sipview.sip.content import SDP, SIP_FRAGMENT, BodyPart, body_parts
from sipview.sip.octets import Octets
from sipview.values import Problem

_LINE = re.compile(r"[^\r\n]+")
_PIDF_BASIC = re.compile(rb"<(?:\w+:)?basic>\s*(\w+)")
_DIALOG_STATE = re.compile(rb"<(?:\w+:)?state\b[^<>]*>\s*(\w+)")


class Body:
    """What is explained of the bytes behind the header fields: the nodes, and the problems met in them."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.problems: list[Problem] = []
        self.nodes: list[Explanation] = []
        message = subject.message
        start, end = message.body_start, message.trailing_start
        parts = body_parts(message)
        if len(parts) == 1 and not parts[0].fields:
            self.nodes.append(self._content("Body", parts[0]))
        elif end > start:
            children = [self._part(number, part) for number, part in enumerate(parts, 1)]
            said = subject.say("body.parts", count=len(children))
            self.nodes.append(subject.node("Body", start, end, said, children=children))
        if len(message.data) > end:
            self.nodes.append(subject.node("Trailing bytes", end, len(message.data), subject.say("body.trailing")))

    def _part(self, number: int, part: BodyPart) -> Explanation:
        """One part of several: its own header fields and its content."""
        subject = self._subject
        content = self._content("content", part)
        children = [plain(subject, field) for field in part.fields]
        if part.end > part.start:
            children.append(content)
        start = part.fields[0].start if part.fields else part.start
        name = part.media_type.name if part.media_type is not None else "text/plain"
        return subject.node(f"Part {number}", start, part.end, media_type(subject, name), children=children)

    def _content(self, field: str, part: BodyPart) -> Explanation:
        subject = self._subject
        start, end = part.start, part.end
        encoded = next((own for own in part.fields or subject.message.fields if own.canonical == "Content-Encoding"), None)
        if encoded is not None and encoded.value.lower() != "identity":
            return subject.node(field, start, end, subject.say("body.encoded", encoding=encoded.value))
        kind = part.media_type.name if part.media_type is not None else ""
        if kind == SDP:
            node, found = session_description(subject, subject.octets(start, end))
            self.problems += found.problems
            return node
        said, by_line = self._other(kind, subject.message.data[start:end])
        children = self._lines(start, end, by_line) if by_line else []
        return subject.node(field, start, end, *said, children=children)

    def _other(self, kind: str, data: bytes) -> tuple[list[Sentence], str]:
        """What is said of a body that is no session description, and the table that knows its lines, if one does."""
        subject = self._subject
        if kind == SIP_FRAGMENT:
            return self._fragment(data), ""
        if kind == "application/dtmf-relay":
            return [
                subject.say("body.dtmf-relay", signal=_value_of(data, b"Signal"), duration=_value_of(data, b"Duration"))
            ], "dtmf-line"
        if kind in {"application/dtmf", "audio/telephone-event"}:
            return [subject.say("body.dtmf", signal=data.decode("utf-8", "replace").strip())], ""
        if kind == "application/simple-message-summary":
            waiting = _value_of(data, b"Messages-Waiting").lower()
            said = subject.say_of("message-waiting", waiting, "body.summary", voice=_value_of(data, b"Voice-Message"))
            return [said], "summary-line"
        if kind in {"application/pidf+xml", "application/cpim-pidf+xml"}:
            basic = _PIDF_BASIC.search(data)
            return [subject.say_of("presence", basic[1].decode("latin-1").lower() if basic else "", "body.presence")], ""
        if kind == "application/dialog-info+xml":
            state = _DIALOG_STATE.search(data)
            return [subject.say_of("line-state", state[1].decode("latin-1").lower() if state else "", "body.line-state")], ""
        if kind in {"text/plain", ""}:
            return [subject.say("body.text" if kind else "body.no-type", text=data.decode("utf-8", "replace").strip())], ""
        return [media_type(subject, kind)], ""

    def _fragment(self, data: bytes) -> list[Sentence]:
        """RFC 3420: a piece of a SIP message; in a NOTIFY after REFER it is the status of the transfer (RFC 3515 2.4.5)."""
        subject = self._subject
        words = data.split(b"\n", 1)[0].decode("utf-8", "replace").split()
        if len(words) >= 2 and words[0].upper() == "SIP/2.0":
            family = f"{words[1][:1]}xx"
            return [subject.say_of("transfer", family, "body.fragment", status=" ".join(words[1:]))]
        return [subject.say("body.fragment", status=" ".join(words))]

    def _lines(self, start: int, end: int, table: str) -> list[Explanation]:
        """Children for the lines ``name=value`` or ``name: value`` of a body."""
        subject = self._subject
        whole = subject.octets(start, end)
        children = []
        for match in _LINE.finditer(whole.latin):
            line = whole.cut(match.start(), match.end())
            name, _, value = str(line).replace("=", ":", 1).partition(":")
            key = name.strip().lower()
            said = (
                subject.say_of("dtmf-line", key, "body.line", name=name.strip(), value=value.strip())
                if table == "dtmf-line"
                else subject.say_of("summary-line", key, "body.line", name=name.strip(), value=value.strip())
            )
            children.append(subject.node(name.strip() or "line", *_trimmed(line), said))
        return children


def _trimmed(line: Octets) -> tuple[int, int]:
    return line.strip().span if line.strip() else line.span


def _value_of(data: bytes, name: bytes) -> str:
    """The value of the first line ``name: value`` or ``name=value``."""
    match = re.search(rb"(?im)^[ \t]*" + re.escape(name) + rb"[ \t]*[:=][ \t]*([^\r\n]*)", data)
    return match[1].decode("utf-8", "replace").strip() if match else ""
