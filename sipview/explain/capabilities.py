"""What a device can do and wants: methods, extensions, events, media types, and the body's own header fields."""

from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import counted, enumerated
from sipview.explain.subject import Subject
from sipview.sip.message import HeaderField
from sipview.sip.octets import Octets, number


def _tokens(subject: Subject, field: HeaderField) -> list[Octets]:
    return [piece for piece in subject.octets(field.value_start, field.value_end).split(",") if piece]


def allow(subject: Subject, field: HeaderField) -> Explanation:
    """Allow: each method, and what it lets others do with this device."""
    tokens = _tokens(subject, field)
    names = {str(token) for token in tokens}
    if not names:
        return subject.line(field, subject.say("allow.nothing"))
    said = [subject.say("allow.count", methods=counted(len(names), "method"))]
    said.append(subject.say("allow.refer" if "REFER" in names else "allow.no-refer"))
    missing = [method for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS") if method not in names]
    if missing and subject.method == "INVITE":
        said.append(subject.say("allow.missing", methods=enumerated(missing)))
    children = [
        subject.node(str(token), *token.span, subject.say_of("allowed", str(token), "allow.other", method=str(token)))
        for token in tokens
    ]
    return subject.line(field, *said, children=children)


def option_tags(subject: Subject, field: HeaderField) -> Explanation:
    """Supported, Require, Proxy-Require, Unsupported: each extension by its option tag."""
    tokens = _tokens(subject, field)
    name = field.canonical.lower()
    if not tokens:
        return subject.line(field, subject.say_of("no-options", name, "header-other.unreadable"))
    tags = enumerated(map(str, tokens))
    if name == "require" and not subject.is_request:
        said = subject.say("options.require-421" if subject.status == 421 else "options.require-reply", tags=tags)
    else:
        said = subject.say_of("options", name, "header-other.unreadable", tags=tags)
    children = [
        subject.node(str(token), *token.span, subject.say_of("option-tag", str(token).lower(), "option.other", tag=str(token)))
        for token in tokens
    ]
    return subject.line(field, said, children=children)


def event(subject: Subject, field: HeaderField) -> Explanation:
    """Event: what is subscribed to, or told."""
    parts = subject.parts(field.value_start, field.value_end)
    package = str(parts.head)
    said = subject.say_of("event", package.lower(), "events.other", package=package)
    return subject.line(field, said, children=subject.parameters(parts.parameters, "event-parameter"))


def allow_events(subject: Subject, field: HeaderField) -> Explanation:
    """Allow-Events: what can be subscribed to here."""
    tokens = _tokens(subject, field)
    children = [
        subject.node(str(token), *token.span, subject.say_of("event", str(token).lower(), "events.other", package=str(token)))
        for token in tokens
    ]
    return subject.line(field, subject.say("events.allowed", packages=enumerated(map(str, tokens))), children=children)


def subscription_state(subject: Subject, field: HeaderField) -> Explanation:
    """Subscription-State: whether a subscription lives, and if not, why."""
    parts = subject.parts(field.value_start, field.value_end)
    said = [subject.say_of("subscription", str(parts.head).lower(), "events.state-other", state=str(parts.head))]
    children = []
    for parameter in parts.parameters:
        name, value = parameter.name.lower(), parameter.value or ""
        if name == "reason":
            meaning = subject.say_of("subscription-reason", value.lower(), "events.reason-other", reason=value)
            said.append(meaning)
        else:
            meaning = subject.say_of("subscription-parameter", name, "parameter.other", name=parameter.name, value=value)
        children.append(subject.node(parameter.name, parameter.start, parameter.end, meaning))
    return subject.line(field, *said, children=children)


def accepted(subject: Subject, field: HeaderField) -> Explanation:
    """Accept, Accept-Encoding, Accept-Language, Recv-Info ...: a list of what is understood."""
    tokens = _tokens(subject, field)
    name = field.canonical.lower()
    table = subject.say_of(
        "accept" if tokens else "accept-nothing", name, "header-other.list", values=enumerated(map(str, tokens))
    )
    if name != "accept":
        return subject.line(field, table)
    children = [
        subject.node(str(token), *token.span, media_type(subject, str(subject.parts(*token.span).head).lower()))
        for token in tokens
    ]
    return subject.line(field, table, children=children)


def media_type(subject: Subject, name: str) -> Sentence:
    """What a media type such as ``application/sdp`` is."""
    return subject.say_of("media-type", name, "content.type-other", type=name)


def content_type(subject: Subject, field: HeaderField) -> Explanation:
    """Content-Type: what the body is."""
    parts = subject.parts(field.value_start, field.value_end)
    children = [subject.node("type", *parts.head.span, subject.say("content.type"))] if parts.parameters else []
    children += subject.parameters(parts.parameters, "content-type-parameter")
    said = [media_type(subject, str(parts.head).lower().replace(" ", ""))]
    if not subject.message.body:
        said.append(subject.say("content.type-no-body"))
    return subject.line(field, *said, children=children)


def content_length(subject: Subject, field: HeaderField) -> Explanation:
    """Content-Length: right or not, held against the bytes that are there."""
    told = number(field.value, 0x7FFF_FFFF)
    there = len(subject.message.data) - subject.message.body_start
    if told is None:
        return subject.line(field, subject.say("content.length-wrong"))
    if told == 0 and there == 0:
        return subject.line(field, subject.say("content.length-none"))
    values: dict[str, str | int] = {
        "told": counted(told, "byte"),
        "there": counted(there, "byte"),
        "difference": abs(there - told),
    }
    if told == there:
        return subject.line(field, subject.say("content.length-right", **values))
    return subject.line(field, subject.say("content.length-long" if told > there else "content.length-short", **values))


def content_disposition(subject: Subject, field: HeaderField) -> Explanation:
    """Content-Disposition: what to do with the body."""
    parts = subject.parts(field.value_start, field.value_end)
    said = subject.say_of("disposition", str(parts.head).lower(), "content.disposition-other", disposition=str(parts.head))
    return subject.line(field, said, children=subject.parameters(parts.parameters, "disposition-parameter"))


def privacy(subject: Subject, field: HeaderField) -> Explanation:
    """Privacy: what of the caller's identity is to be hidden."""
    tokens = [piece for piece in subject.octets(field.value_start, field.value_end).split(";") if piece]
    children = [
        subject.node(
            str(token), *token.span, subject.say_of("privacy", str(token).lower(), "privacy-other.value", value=str(token))
        )
        for token in tokens
    ]
    if len(tokens) == 1:
        return subject.listed(field, children)
    return subject.line(field, subject.say("privacy-other.several", values=enumerated(map(str, tokens))), children=children)


def no_field(subject: Subject, field: HeaderField) -> Explanation:
    """A line among the header fields that has no colon."""
    return subject.node("Unreadable", field.start, field.end, subject.say("message.unreadable"))


def plain(subject: Subject, field: HeaderField) -> Explanation:
    """Any other header field: its own sentence where the catalogue has one, else an honest general one."""
    name = field.canonical.lower()
    if not field.value and subject.catalogue.has("header", name):
        return subject.line(field, subject.say("header-other.empty", name=field.canonical))
    if subject.catalogue.has("header", name):
        sentence = subject.say_of("header", name, "header-other.unknown", value=field.value, name=field.canonical)
    elif name.startswith("x-"):
        sentence = subject.say_of("private-header", _maker(name), "header-other.private", name=field.canonical)
    elif name.startswith("p-"):
        sentence = subject.say("header-other.private-p", name=field.canonical)
    else:
        sentence = subject.say("header-other.unknown", name=field.canonical)
    return subject.line(field, sentence)


def _maker(name: str) -> str:
    """The word behind ``x-``, which often is the maker: ``x-asterisk-hangupcause`` has asterisk."""
    return name.split("-")[1]
