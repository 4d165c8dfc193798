"""Ann calls Bob, and both are heard or not: the frames of a call and its RTP, with the seconds at which they pass."""

from collections.abc import Iterable

from tests.support.captures import START_NS, Packet, udp
from tests.support.sip_messages import message

ANN, BOB = "10.0.0.1/4000", "10.0.0.2/5000"
"""Where each of them wants RTP."""

_EVERY_S = 0.02


def sdp(end: str, *lines: str) -> str:
    """A session description: sound shall come to this end, written ``address/port``."""
    address, port = end.split("/")
    head = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    return head + "".join(f"{line}\r\n" for line in lines)


def ann_says(what: str, number: int, body: str = "", *, method: str = "INVITE") -> bytes:
    """A request of Ann, or a response (``200 OK``) to a request of Bob, as a frame."""
    return udp("10.0.0.1/5060", "10.0.0.2/5060", spoken("ann", "bob", what, number, body, method))


def bob_says(what: str, number: int, body: str = "", *, method: str = "INVITE") -> bytes:
    """The same of Bob."""
    return udp("10.0.0.2/5060", "10.0.0.1/5060", spoken("bob", "ann", what, number, body, method))


def spoken(sender: str, receiver: str, what: str, number: int, body: str, method: str) -> bytes:
    """A request of ``sender`` to ``receiver``, or a response to one of the receiver's, as it is written."""
    response = what[:1].isdigit()
    of, to = (receiver, sender) if response else (sender, receiver)
    first = number == 1 and not response and what == "INVITE"
    return message(
        start=f"SIP/2.0 {what}" if response else f"{what} sip:{to}@pbx SIP/2.0",
        From=f"<sip:{of}@pbx>;tag={of}-tag",
        To=f"<sip:{to}@pbx>" + ("" if first else f";tag={to}-tag"),
        Call_ID="one@test",
        CSeq=f"{number} {method if response else what}",
        Content_Type="application/sdp" if body else None,
        body=body,
    )


def rtp(source: str, destination: str, begin_s: float, end_s: float, first: bytes = b"\x80\x00") -> list[tuple[float, bytes]]:
    """A packet every 20 ms; ``first`` are the first two octets of each."""
    frame = udp(source, destination, first + bytes(10) + b"voice")
    count = max(1, round((end_s - begin_s) / _EVERY_S))
    return [(begin_s + number * _EVERY_S, frame) for number in range(count)]


def talk(frames: Iterable[tuple[float, bytes]]) -> list[Packet]:
    """All of them in order of time, as packets of a capture."""
    return [Packet(START_NS + round(at_s * 1e9), frame) for at_s, frame in sorted(frames, key=lambda one: one[0])]
