"""The ``a=`` lines of a session description."""

import re

from sipview.explain.addresses import host_sentence
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import NOT_PUBLIC, counted, kind_of
from sipview.explain.subject import Subject
from sipview.sip.sdp import Media, RtpMap, SdpLine

_EVENT_RANGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")


def attribute(subject: Subject, line: SdpLine, media: Media | None, numbers: dict[str, RtpMap]) -> Explanation:
    """One attribute: its own sentence, with the codec, the address or the direction that it speaks of."""
    written, _, value = line.value.partition(":")
    name = written.strip().lower()
    if name == "rtpmap":
        said = _rtpmap(subject, value, numbers)
    elif name == "fmtp":
        said = _fmtp(subject, value, numbers)
    elif name == "rtcp":
        said = [_rtcp(subject, value)]
    elif name == "candidate":
        said = _candidate(subject, value)
    elif name in {"sendrecv", "sendonly", "recvonly", "inactive"}:
        kind = media.kind if media is not None else "media"
        said = [
            subject.say_of("direction-request", name, "sdp-line.other", type=name, kind=kind, value="")
            if subject.is_request
            else subject.say_of("direction-reply", name, "sdp-line.other", type=name, kind=kind, value="")
        ]
    elif name in {"crypto", "fingerprint"}:
        word = value.split()[1:2] if name == "crypto" else value.split()[:1]
        said = [subject.say_of("sdp-security", name, "sdp-line.other", type=name, value="".join(word))]
    elif name in {"setup", "group", "rtcp-fb"}:
        said = _by_first_word(subject, name, value)
    elif name.startswith("t38"):
        said = [subject.say_of("t38", name, "sdp-attribute-other.t38", name=name, value=value)]
    elif name.startswith("x-"):
        said = [subject.say("sdp-attribute-other.private", name=written)]
    else:
        said = [subject.say_of("sdp-attribute", name, "sdp-attribute-other.unknown", name=name, value=value)]
    return subject.node(f"a={written.strip()}", line.start, line.end, *said)


def codec_sentence(subject: Subject, encoding: str) -> Sentence:
    """What a codec is: bandwidth and typical quality."""
    return subject.say_of("codec", encoding.lower(), "sdp-attribute-other.codec", encoding=encoding)


def _rtpmap(subject: Subject, value: str, numbers: dict[str, RtpMap]) -> list[Sentence]:
    number, _, rest = value.strip().partition(" ")
    codec = numbers.get(number)
    if codec is None:
        encoding, _, clock = rest.strip().partition("/")
        if not clock:
            return [subject.say("sdp-line.unreadable")]
        said = subject.say("sdp-attribute-other.rtpmap", number=number, encoding=encoding, clock=clock.partition("/")[0])
        return [said, codec_sentence(subject, encoding)]
    said = subject.say("sdp-attribute-other.rtpmap", number=number, encoding=codec.encoding, clock=codec.clock_rate)
    return [said, codec_sentence(subject, codec.encoding)]


def _fmtp(subject: Subject, value: str, numbers: dict[str, RtpMap]) -> list[Sentence]:
    number, _, settings = value.strip().partition(" ")
    codec = numbers.get(number)
    encoding = codec.encoding if codec is not None else number
    if encoding.lower() == "telephone-event":
        return [_events(subject, settings.strip())]
    return [subject.say_of("fmtp", encoding.lower(), "sdp-attribute-other.fmtp", encoding=encoding, settings=settings.strip())]


def _events(subject: Subject, settings: str) -> Sentence:
    """The event codes that can be sent: 0 to 9, * (10), # (11), A to D (12 to 15), flash (16); RFC 4733 3.2, RFC 4734."""
    codes: set[int] = set()
    for part in settings.removeprefix("events=").split(","):
        match = _EVENT_RANGE.fullmatch(part.strip())
        if match is None:
            return subject.say("events-fmtp.other", settings=settings)
        first, last = int(match[1]), int(match[2] or match[1])
        codes.update(range(first, min(last, 255) + 1))
    if set(range(16)) <= codes:
        return subject.say("events-fmtp.all-and-flash" if 16 in codes else "events-fmtp.all", settings=settings)
    return subject.say("events-fmtp.keys" if set(range(12)) <= codes else "events-fmtp.other", settings=settings)


def _rtcp(subject: Subject, value: str) -> Sentence:
    """RFC 3605 2.1: a port, and perhaps ``IN IP4`` and an address."""
    words = value.split()
    if len(words) == 4:
        return subject.say("sdp-attribute-other.rtcp-address", address=words[3], port=words[0])
    return subject.say("sdp-attribute-other.rtcp", port=value)


def _candidate(subject: Subject, value: str) -> list[Sentence]:
    """RFC 8839 5.1: foundation, component, transport, priority, address, port, ``typ``, type, and extensions."""
    words = value.split()
    if len(words) < 8:
        return [subject.say("sdp-line.unreadable")]
    _, component, transport, _, address, port, _, kind = words[:8]
    values = {"place": f"{address}:{port}", "transport": transport.upper(), "component": component}
    said = [subject.say_of("candidate", kind.lower(), "sdp-attribute-other.candidate", **values, kind=kind)]
    if address.endswith(".local"):
        said.append(subject.say("sdp-attribute-other.candidate-mdns"))
    elif kind.lower() == "host" and kind_of(address) in NOT_PUBLIC:
        said.append(host_sentence(subject, address))
    return said


def _by_first_word(subject: Subject, name: str, value: str) -> list[Sentence]:
    words = value.split()
    first = words[0].lower() if words else ""
    if name == "setup":
        return [subject.say_of("dtls-setup", first, "sdp-attribute-other.unknown", name=name, value=value)]
    if name == "group":
        members = counted(len(words) - 1, "stream") if words else ""
        return [subject.say_of("media-group", first, "sdp-attribute-other.unknown", name=name, value=value, members=members)]
    feedback = " ".join(words[1:])
    return [subject.say_of("rtcp-feedback", feedback.lower(), "sdp-attribute-other.feedback", number=first, feedback=feedback)]
