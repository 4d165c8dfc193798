"""A test language for ladders: events in few words, and a measure whose widths one can reckon in the head."""

from collections.abc import Mapping

from sipview.ladder import LadderEvent, TextStyle
from sipview.values import NANOSECONDS, Endpoint

More = int | bool | tuple[str, ...]


class SevenWide:
    """A `TextMeasure`: every character is 7 px wide and every line 16 px high."""

    def width_px(self, text: str, style: TextStyle) -> float:
        return 7.0 * len(text)

    def height_px(self, style: TextStyle) -> float:
        return 16.0


class Script:
    """Collects events: ``script.request(0.0, "a", "b", "INVITE 1002")``; ends are ``address`` or ``address:port``."""

    def __init__(self, start_ns: int = 1_714_738_402_685_798_000) -> None:
        self.events: list[LadderEvent] = []
        self._start_ns = start_ns

    def request(self, at_s: float, source: str, destination: str, title: str, detail: str = "", **more: More) -> None:
        """A request; ``more`` are ``leg``, ``transaction``, ``repeated``, ``credentials``, ``media``."""
        self._add(at_s, source, destination, title, detail, title.removeprefix("re-").split(" ")[0], None, more)

    def response(self, at_s: float, source: str, destination: str, title: str, detail: str = "", **more: More) -> None:
        """A response; its status is the first word of ``title``. It answers an INVITE unless ``detail`` is ``for ...``."""
        method = detail.removeprefix("for ") if detail.startswith("for ") else "INVITE"
        self._add(at_s, source, destination, title, detail, method, int(title.split(" ", maxsplit=1)[0]), more)

    def _add(
        self,
        at_s: float,
        source: str,
        destination: str,
        title: str,
        detail: str,
        method: str,
        status: int | None,
        more: Mapping[str, More],
    ) -> None:
        self.events.append(
            LadderEvent(
                position=len(self.events),
                time_ns=self._start_ns + round(at_s * NANOSECONDS),
                source=endpoint(source),
                destination=endpoint(destination),
                title=title,
                detail=detail,
                leg=_count(more.get("leg", 0)),
                transaction=_count(more.get("transaction", 0)),
                request=status is None,
                retransmission=bool(more.get("repeated", False)),
                status=status,
                method=method,
                cseq=f"1 {method}",
                credentials=bool(more.get("credentials", False)),
                media=media if isinstance(media := more.get("media", ()), tuple) else (),
            )
        )


def _count(value: More) -> int:
    assert isinstance(value, int), "legs and transactions are numbers"
    return value


def endpoint(text: str) -> Endpoint:
    """``10.0.0.1:5070``, ``[2001:db8::1]:5060``, or an address or word alone, with port 5060."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or (":" in host and not host.endswith("]")):
        return Endpoint(text.strip("[]"), 5060)
    return Endpoint(host.strip("[]"), int(port))


def call_through_pbx() -> list[LadderEvent]:
    """1001 calls 1002 through a PBX: two legs, a challenge, ringing for 1.7 s, talking for 6.3 s."""
    phone, pbx, other = "10.1.1.11:36985", "10.1.1.1:5060", "10.1.1.12:5060"
    offer = "PCMU PCMA speex iLBC GSM · 10.1.1.11:4016"
    script = Script()
    script.request(0.0, phone, pbx, "INVITE 1002", offer)
    script.response(0.000358, pbx, phone, "401 Unauthorized", "password asked")
    script.request(0.000493, phone, pbx, "ACK")
    script.request(0.000765, phone, pbx, "INVITE 1002", f"with credentials · {offer}", transaction=1)
    script.response(0.001044, pbx, phone, "100 Trying", transaction=1)
    script.request(0.002196, pbx, other, "INVITE 1002", "PCMU PCMA · 10.1.1.1:12046", leg=1)
    script.response(0.002752, other, pbx, "100 Trying", leg=1)
    script.response(0.002889, other, pbx, "180 Ringing", leg=1)
    script.response(0.003471, pbx, phone, "180 Ringing", transaction=1)
    script.response(1.688424, other, pbx, "200 OK", "PCMU · 10.1.1.12:4644", leg=1)
    script.request(1.688991, pbx, other, "ACK", leg=1)
    script.response(1.690495, pbx, phone, "200 OK", "PCMU PCMA · 10.1.1.1:12004", transaction=1)
    script.request(1.691194, phone, pbx, "ACK", transaction=1)
    script.request(1.736661, phone, pbx, "UPDATE", "PCMU · 10.1.1.11:4016", transaction=2)
    script.response(1.737302, pbx, phone, "200 OK", "for UPDATE", transaction=2)
    script.request(7.993661, phone, pbx, "BYE", "normal call clearing", transaction=3)
    script.response(7.993933, pbx, phone, "200 OK", "for BYE", transaction=3)
    script.request(7.994508, pbx, other, "BYE", leg=1, transaction=1)
    script.response(7.994648, other, pbx, "200 OK", "for BYE", leg=1, transaction=1)
    return script.events
