"""Which conversation a message belongs to, how long things last, and why they end."""

from sipview.explain.explanation import Explanation
from sipview.explain.places import duration
from sipview.explain.subject import Parts, Subject
from sipview.sip.message import HeaderField, HeaderValue
from sipview.sip.octets import Octets, number
from sipview.sip.parser import cseq

_LARGEST = 0xFFFF_FFFF
_NORMAL_CLEARING = "16"  # ITU-T Q.850


def call_id(subject: Subject, field: HeaderField) -> Explanation:
    """Call-ID: what all messages of a conversation share."""
    return subject.line(field, subject.say_of("call-id", subject.method, "call-id.other"))


def cseq_field(subject: Subject, field: HeaderField) -> Explanation:
    """CSeq: which request within the conversation."""
    found = cseq(subject.message) if subject.is_first(field) else None
    if found is None or found.number is None:
        return subject.line(field, subject.say("cseq.wrong"))
    values: dict[str, str | int] = {"number": found.number, "method": found.method}
    if not subject.is_request:
        said, method = [subject.say("cseq.reply", **values)], subject.say("cseq.method", method=found.method)
    else:
        said = [subject.say_of("cseq-request", found.method, "cseq.request", **values)]
        same = found.method == subject.method
        method = subject.say("cseq.method-request") if same else subject.say("cseq.method-differs", method=subject.method)
    children = [
        subject.node("number", *found.number_span, subject.say("cseq.number", number=found.number)),
        subject.node("method", *found.method_span, method),
    ]
    return subject.line(field, *said, children=[child for child in children if child.end > child.start])


def dialog_named(subject: Subject, field: HeaderField) -> Explanation:
    """Replaces, Join or Target-Dialog: another dialog, named by its Call-ID and tags."""
    parts = subject.parts(field.value_start, field.value_end)
    children = [
        subject.node("Call-ID", *parts.head.span, subject.say("dialog-named.call-id")),
        *subject.parameters(parts.parameters, "dialog-parameter"),
    ]
    said = subject.say_of("dialog-named", field.canonical.lower(), "dialog-named.other", call_id=str(parts.head))
    return subject.line(field, said, children=_shown(children))


def rack(subject: Subject, field: HeaderField) -> Explanation:
    """RAck: which provisional response is confirmed."""
    words = _words(subject, field)
    if len(words) != 3:
        return subject.line(field, subject.say("header-other.unreadable"))
    children = [
        subject.node("RSeq number", *words[0].span, subject.say("rack.rseq", number=str(words[0]))),
        subject.node("CSeq number", *words[1].span, subject.say("rack.cseq", number=str(words[1]))),
        subject.node("method", *words[2].span, subject.say("rack.method", method=str(words[2]))),
    ]
    said = subject.say("rack.value", rseq=str(words[0]), cseq=str(words[1]), method=str(words[2]))
    return subject.line(field, said, children=children)


def _words(subject: Subject, field: HeaderField) -> list[Octets]:
    rest = subject.octets(field.value_start, field.value_end)
    words: list[Octets] = []
    while rest and len(words) < 4:
        word, rest = rest.first_word()
        words.append(word)
    return words


def session_expires(subject: Subject, field: HeaderField) -> Explanation:
    """Session-Expires: after how long without a sign of life the call is given up, and who gives the sign."""
    parts, seconds = _seconds(subject, field)
    if seconds is None:
        return subject.line(field, subject.say("header-other.unreadable"))
    refresher = (parts.value("refresher") or "").lower()
    said = [subject.say("session-expires.value", time=duration(seconds), half=duration(seconds // 2))]
    said.append(subject.say_of("session-expires-refresher", refresher, "session-expires.open"))
    return subject.line(field, *said, children=subject.parameters(parts.parameters, "session-expires-parameter"))


def seconds_field(subject: Subject, field: HeaderField) -> Explanation:
    """Min-SE, Min-Expires, Flow-Timer: a number of seconds with a meaning of its own."""
    parts, seconds = _seconds(subject, field)
    if seconds is None:
        return subject.line(field, subject.say("header-other.unreadable"))
    said = subject.say_of("seconds", field.canonical.lower(), "seconds.other", time=duration(seconds))
    return subject.line(field, said, children=subject.parameters(parts.parameters, "seconds-parameter"))


def expires(subject: Subject, field: HeaderField) -> Explanation:
    """Expires: what it limits depends on the method."""
    _, seconds = _seconds(subject, field)
    if seconds is None:
        return subject.line(field, subject.say("header-other.unreadable"))
    if seconds == 0:
        said = subject.say_of("expires-zero", subject.method, "expires.zero")
    elif subject.is_request:
        said = subject.say_of("expires-request", subject.method, "expires.other", time=duration(seconds))
    else:
        said = subject.say_of("expires-reply", subject.method, "expires.other", time=duration(seconds))
    return subject.line(field, said)


def retry_after(subject: Subject, field: HeaderField) -> Explanation:
    """Retry-After: when to try again; a comment may follow the number."""
    parts = subject.parts(field.value_start, field.value_end)
    seconds = number(str(parts.head).partition("(")[0].strip(), _LARGEST)
    if seconds is None:
        return subject.line(field, subject.say("header-other.unreadable"))
    children = subject.parameters(parts.parameters, "seconds-parameter")
    return subject.line(field, subject.say("seconds.retry-after", time=duration(seconds)), children=children)


def _seconds(subject: Subject, field: HeaderField) -> tuple[Parts, int | None]:
    parts = subject.parts(field.value_start, field.value_end)
    return parts, number(str(parts.head), _LARGEST)


def reason(subject: Subject, field: HeaderField) -> Explanation:
    """Reason: why a request was sent, as a cause of SIP or of the telephone network (Q.850)."""
    nodes = [_reason(subject, value) for value in subject.values(field)]
    return subject.listed(field, nodes, *([subject.say("reason.several", count=len(nodes))] if len(nodes) > 1 else []))


def _reason(subject: Subject, value: HeaderValue) -> Explanation:
    parts = subject.parts(value.start, value.end)
    protocol, cause = str(parts.head), parts.value("cause") or ""
    if protocol.upper() == "Q.850":
        # In a final response to an INVITE nobody can have hung up yet.
        refused = cause == _NORMAL_CLEARING and subject.status >= 300 and subject.method == "INVITE"
        said = subject.say("reason.cleared") if refused else subject.say_of("cause", cause, "reason.q850-other", cause=cause)
    elif protocol.upper() == "SIP":
        said = subject.say_of("reason-sip", cause, "reason.sip", cause=cause, text=parts.value("text") or "")
    else:
        said = subject.say("reason.other", protocol=protocol, cause=cause, text=parts.value("text") or "")
    children = [
        subject.node("protocol", *parts.head.span, subject.say("reason.protocol", protocol=protocol)),
        *subject.parameters(parts.parameters, "reason-parameter"),
    ]
    return subject.node("Reason", value.start, value.end, said, children=_shown(children))


def warning(subject: Subject, field: HeaderField) -> Explanation:
    """Warning: what the sender could not accept."""
    nodes = []
    for value in subject.values(field):
        code, rest = subject.octets(value.start, value.end).first_word()
        agent, text = rest.first_word()
        said = subject.say_of("warning", str(code), "warning-part.other", code=str(code))
        parts = [subject.node("code", *code.span, said)]
        if agent:
            parts.append(subject.node("agent", *agent.span, subject.say("warning-part.agent", agent=str(agent))))
        line = [said]
        if text:
            line.append(subject.say("warning-part.text", text=text.unquoted))
            parts.append(subject.node("text", *text.span, line[-1]))
        nodes.append(subject.node("Warning", value.start, value.end, *line, children=parts))
    return subject.listed(field, nodes, *([subject.say("warning-part.several", count=len(nodes))] if len(nodes) > 1 else []))


def _shown(nodes: list[Explanation]) -> list[Explanation]:
    return [node for node in nodes if node.end > node.start]
