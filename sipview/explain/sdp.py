"""A session description, stream by stream and line by line."""

from sipview.explain.addresses import host_sentence
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import counted, enumerated, kind_of, same_address, written
from sipview.explain.sdp_attributes import attribute, codec_sentence
from sipview.explain.subject import Subject
from sipview.sip.octets import Octets
from sipview.sip.sdp import Media, RtpMap, SdpLine, SessionDescription, parse_sdp

_EVENTS = "telephone-event"
_NOT_A_CODEC = frozenset({_EVENTS, "cn", "red", "rtx", "ulpfec", "flexfec-03"})


def session_description(subject: Subject, body: Octets) -> tuple[Explanation, SessionDescription]:
    """The node of a whole description, and the description itself, which holds its problems."""
    found = parse_sdp(subject.message.data[body.start : body.end], body.start)
    children = [_line(subject, line, None) for line in found.session_lines]
    children += [_media(subject, media) for media in found.media if media.lines]
    return subject.node("SDP", body.start, body.end, *_summary(subject, found), children=children), found


def _codecs(media: Media) -> list[str]:
    """The names of the codecs, each once, the preferred first, without what is no codec of its own."""
    names = dict.fromkeys(
        codec.encoding or f"payload {codec.payload_type}"
        for codec in media.codecs
        if codec.encoding.lower() not in _NOT_A_CODEC
    )
    return list(names)


def _kind(media: Media) -> str:
    """The kind of a stream in words: an image stream with T.38 is a fax."""
    return "fax" if media.kind == "image" and "t38" in {name.lower() for name in media.formats} else media.kind


def _has_events(media: Media) -> bool:
    return any(codec.encoding.lower() == _EVENTS for codec in media.codecs)


def _summary(subject: Subject, found: SessionDescription) -> list[Sentence]:
    wanted = next((media for media in found.media if media.port), None)
    if wanted is None:
        return [
            subject.say("sdp.nothing" if not found.media else "sdp.all-refused", streams=counted(len(found.media), "stream"))
        ]
    if wanted.direction in {"sendonly", "recvonly", "inactive"} or kind_of(wanted.address) == "unspecified":
        return _stream(subject, wanted)
    codecs = _codecs(wanted)
    values = {"kind": _kind(wanted), "place": written(wanted.address, wanted.port), "codecs": counted(len(codecs), "codec")}
    if not codecs:
        said = [subject.say("sdp.wants-without-codecs", **values)]
    elif subject.is_request and subject.method != "ACK":
        said = [subject.say("sdp.offers", **values)]
    elif len(codecs) == 1:
        said = [subject.say("sdp.names-one", **values, codec=codecs[0])]
    else:
        said = [subject.say("sdp.names", **values)]
    if _has_events(wanted):
        said.append(subject.say("sdp.events"))
    if "SAVP" in wanted.profile.upper():
        said.append(subject.say("sdp.encrypted", profile=wanted.profile))
    if len(found.media) > 1:
        said.append(subject.say("sdp.streams", count=len(found.media), kinds=enumerated(media.kind for media in found.media)))
    return said


def _media(subject: Subject, media: Media) -> Explanation:
    """One stream: a node over all lines of its block."""
    numbers = {str(codec.payload_type): codec for codec in media.codecs if codec.encoding}
    children = [_line(subject, line, media, numbers) for line in media.lines]
    said = _stream(subject, media)
    return subject.node(f"{media.kind} stream", media.lines[0].start, media.lines[-1].end, *said, children=children)


def _stream(subject: Subject, media: Media) -> list[Sentence]:
    if media.port == 0:
        return [subject.say("sdp-stream.zero-offer" if subject.is_request else "sdp-stream.zero-answer", kind=media.kind)]
    codecs = _codecs(media)
    values = {"kind": _kind(media), "place": written(media.address, media.port), "codecs": enumerated(codecs)}
    if kind_of(media.address) == "unspecified":
        said = [subject.say("sdp-stream.hold-zero", **values)]
    else:
        said = [subject.say_of("sdp-stream-direction", media.direction, "sdp-stream.sendrecv", **values)]
    if codecs:
        said.append(subject.say("sdp-stream.codecs" if len(codecs) > 1 else "sdp-stream.codec", **values))
    if _has_events(media):
        said.append(subject.say("sdp.events"))
    return said


def _line(subject: Subject, line: SdpLine, media: Media | None, numbers: dict[str, RtpMap] | None = None) -> Explanation:
    field = f"{line.type}="
    if line.type == "a":
        return attribute(subject, line, media, numbers or {})
    children: list[Explanation] = []
    if line.type == "c":
        said = _connection(subject, line)
    elif line.type == "m":
        said, children = _media_line(subject, line, media, numbers or {})
    elif line.type == "o":
        said = _origin(subject, line)
    elif line.type == "b":
        kind, _, value = line.value.partition(":")
        said = [subject.say_of("sdp-bandwidth", kind.lower(), "sdp-line.bandwidth-other", kind=kind, value=value)]
    elif line.type == "t":
        said = [
            subject.say("sdp-line.time-unbounded" if line.value.split() == ["0", "0"] else "sdp-line.time", value=line.value)
        ]
    elif line.type == "s":
        said = [subject.say("sdp-line.no-subject" if line.value.strip() in {"", "-"} else "sdp-line.subject", value=line.value)]
    else:
        said = [subject.say_of("sdp-type", line.type, "sdp-line.other", type=line.type, value=line.value)]
    return _node(subject, field, line, *said, children=children)


def _node(subject: Subject, field: str, line: SdpLine, *said: Sentence, children: list[Explanation]) -> Explanation:
    return subject.node(field, line.start, line.end, *said, children=children)


def _origin(subject: Subject, line: SdpLine) -> list[Sentence]:
    words = line.value.split()
    if len(words) != 6:
        return [subject.say("sdp-line.unreadable")]
    user, session, version, _, _, address = words
    if user == "-":
        return [subject.say("sdp-line.origin-unnamed", session=session, version=version, address=address)]
    return [subject.say("sdp-line.origin", user=user, session=session, version=version, address=address)]


def _connection(subject: Subject, line: SdpLine) -> list[Sentence]:
    """Where the media is wanted, held against where the packet came from."""
    words = line.value.split()
    if len(words) != 3:
        return [subject.say("sdp-line.unreadable")]
    address = words[2].partition("/")[0]
    kind, source = kind_of(address), subject.setting.source
    said = [subject.say("sdp-line.connection", address=address)]
    if kind == "unspecified":
        return [subject.say("sdp-line.connection-hold", address=address)]
    if source is None or kind == "domain":
        return said + ([host_sentence(subject, address)] if kind == "private" else [])
    if same_address(address, source):
        said.append(subject.say("sdp-connection.same"))
    elif kind == "private" and kind_of(source.address) == "public":
        said += [host_sentence(subject, address), subject.say("sdp-connection.private", address=address, source=source.host)]
    else:
        said.append(subject.say("sdp-connection.other", source=source.host))
    return said


def _media_line(
    subject: Subject, line: SdpLine, media: Media | None, numbers: dict[str, RtpMap]
) -> tuple[list[Sentence], list[Explanation]]:
    words: list[Octets] = []
    rest = subject.octets(line.value_start, line.end)
    while rest:
        word, rest = rest.first_word()
        words.append(word)
    if media is None or len(words) < 3:
        return [subject.say("sdp-line.unreadable")], []
    kind, port, profile, *formats = words
    said = [subject.say_of("sdp-kind", str(kind).lower(), "sdp-line.media", kind=str(kind), port=str(port))]
    if str(port) == "0":
        port_says = subject.say("sdp-port.zero")
    elif "RTP" not in media.profile.upper() or media.port < 0:
        port_says = subject.say("sdp-port.plain", port=str(port))
    else:
        port_says = subject.say("sdp-port.odd" if media.port % 2 else "sdp-port.value", port=str(port), next=media.port + 1)
    children = [
        subject.node("port", *port.span, port_says),
        subject.node(
            "profile", *profile.span,
            subject.say_of("sdp-profile", str(profile).lower(), "sdp-line.profile-other", profile=str(profile)),
        ),
    ]  # fmt: skip
    for word in formats:
        codec = numbers.get(str(word))
        children.append(
            subject.node("format", *word.span, subject.say("sdp-line.format", format=str(word)))
            if codec is None
            else subject.node(
                "format", *word.span, subject.say("sdp-line.payload", number=str(word), encoding=codec.encoding),
                codec_sentence(subject, codec.encoding),
            )
        )  # fmt: skip
    return said, children
