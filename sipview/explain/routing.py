"""The way of a message: Via and Max-Forwards, Route, Record-Route, Path and Service-Route."""

from sipview.explain.addresses import address_children, host_sentence, place
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import NOT_PUBLIC, address_of, counted, default_port, kind_of, same_address, written
from sipview.explain.subject import Subject
from sipview.sip.message import HeaderField
from sipview.sip.octets import number
from sipview.sip.uri import NameAddr, Parameter
from sipview.sip.values import Via
from sipview.values import Endpoint

_CONNECTED = frozenset({"TCP", "TLS", "WS", "WSS", "SCTP", "TLS-SCTP"})
_COOKIE = "z9hg4bk"
_USUAL_HOPS = 70


def via(subject: Subject, field: HeaderField) -> Explanation:
    """One Via line; its place among all Via values decides what is said."""
    own = subject.vias_in(field)
    if not own:
        return subject.line(field, subject.say("via.unreadable"))
    nodes = [
        subject.node(
            f"Via {at + 1}", value.start, value.end, *_via(subject, at, value), children=_via_children(subject, at, value)
        )
        for at, value in own
    ]
    return subject.listed(field, nodes, *([subject.say("via.several", count=len(own))] if len(own) > 1 else []))


def _via(subject: Subject, at: int, value: Via) -> list[Sentence]:
    count = len(subject.vias)
    values: dict[str, str | int] = {
        "place": written(value.host, value.port),
        "count": count,
        "proxies": counted(count - 1, "proxy"),
    }
    if subject.is_request:
        if at == 0:
            said = _newest(subject, value)
        else:
            said = [subject.say("via.origin" if at == count - 1 else "via.middle", number=at + 1, **values)]
            said += _seen_from(subject, value)
    elif at == 0:
        said = [subject.say("via.reply-only" if count == 1 else "via.reply-top", **values, target=_target(value))]
        said += _reply_direction(subject, value)
    else:
        said = [subject.say("via.reply-origin" if at == count - 1 else "via.reply-middle", number=at + 1, **values)]
        said += _seen_from(subject, value)
    return said


def _newest(subject: Subject, value: Via) -> list[Sentence]:
    """The topmost Via of a request: who put it there, and where the reply goes, which an ACK never gets."""
    proxies = len(subject.vias) - 1
    alone = proxies == 0
    values = {"place": written(value.host, value.port), "proxies": counted(proxies, "proxy")}
    if subject.method == "ACK":
        said = [subject.say("via.only" if alone else "via.top-ack", **values)]
        return said if subject.setting.source is None else said + _mismatch(subject, value, subject.setting.source)
    if subject.method == "CANCEL" and alone:
        return [subject.say("via.cancel"), *_reply_route(subject, value)]
    if alone:
        return [subject.say("via.only"), *_reply_route(subject, value)]
    return [subject.say("via.top-one" if proxies == 1 else "via.top", **values), *_reply_route(subject, value)]


def _target(value: Via) -> str:
    """Where a reply to this Via goes, as far as the Via itself tells (RFC 3261 18.2.2, RFC 3581 4)."""
    received = _parameter(value, "received") or value.host
    rport = number(_parameter(value, "rport") or "", 0xFFFF)
    port = rport if rport is not None else value.port
    host = f"[{received}]" if ":" in received and not received.startswith("[") else received
    return written(host, port if port is not None else default_port(value.transport))


def _parameter(value: Via, name: str) -> str | None:
    found = value.parameter(name)
    return found.value if found else None


def _reply_route(subject: Subject, value: Via) -> list[Sentence]:
    """Where the reply to this request will go, held against where the packet came from."""
    source = subject.setting.source
    place_written = written(value.host, value.port)
    if value.transport.upper() in _CONNECTED:
        said = [subject.say("via.reply-connection", transport=value.transport.upper())]
        return said if source is None else said + _mismatch(subject, value, source)
    wants_source_port = value.parameter("rport") is not None
    port = value.port if value.port is not None else default_port(value.transport)
    if source is None:
        return [
            subject.say(
                "via.rport-unknown-source" if wants_source_port else "via.no-rport-unknown-source",
                place=place_written,
                port=port,
            )
        ]
    values: dict[str, str | int] = {
        "source": str(source),
        "place": place_written,
        "source_port": source.port,
        "port": port,
        "address": source.host,
    }
    same = same_address(value.host, source)
    if address_of(value.host) is None:
        return [subject.say("via.name-rport" if wants_source_port else "via.name-no-rport", **values)]
    if same and source.port == port and not wants_source_port and len(subject.vias) > 1:
        return [subject.say("via.no-rport-same-top")]
    if same and source.port == port:
        return [subject.say("via.rport-same" if wants_source_port else "via.no-rport-same", **values)]
    if same:
        return [subject.say("via.rport-other-port" if wants_source_port else "via.no-rport-other-port", **values)]
    return [subject.say("via.rport-other-address" if wants_source_port else "via.no-rport-other-address", **values)]


def _mismatch(subject: Subject, value: Via, source: Endpoint) -> list[Sentence]:
    if address_of(value.host) is None or same_address(value.host, source):
        return []
    return [subject.say("via.other-address", source=str(source), place=written(value.host, value.port))]


def _seen_from(subject: Subject, value: Via) -> list[Sentence]:
    """For a Via below the topmost: what the next hop noted about where the message really came from."""
    received = _parameter(value, "received")
    if received is None:
        return []
    if address_of(received) != address_of(value.host):
        if address_of(value.host) is None:
            return [subject.say("via.received-name", received=received, place=value.host)]
        return [subject.say("via.received-other", target=_target(value), place=written(value.host, value.port))]
    rport = number(_parameter(value, "rport") or "", 0xFFFF)
    port = value.port if value.port is not None else default_port(value.transport)
    if rport is not None and rport != port and value.transport.upper() not in _CONNECTED:
        return [subject.say("via.received-other-port", received_port=rport, port=port)]
    return [subject.say("via.received-same", received=received)]


def _reply_direction(subject: Subject, value: Via) -> list[Sentence]:
    """For the topmost Via of a reply: was there a NAT, and did the reply go where the Via says."""
    said = []
    received = _parameter(value, "received")
    if received is not None and address_of(received) != address_of(value.host) and address_of(value.host) is not None:
        said.append(subject.say("via.reply-nat", place=written(value.host, value.port), received=received))
    destination = subject.setting.destination
    if destination is None or value.transport.upper() in _CONNECTED:
        return said
    target = address_of(received or value.host)
    if target is not None and target != address_of(destination.address):
        said.append(subject.say("via.reply-elsewhere", destination=str(destination)))
    return said


def _via_children(subject: Subject, at: int, value: Via) -> list[Explanation]:
    start, end = value.sent_by_span
    children = []
    protocol = subject.octets(value.start, start).strip()
    if protocol:
        transport = value.transport.upper()
        children.append(
            subject.node(
                "protocol", protocol.start, protocol.end,
                subject.say_of("via-transport", transport.lower(), "via-transport.other", transport=value.transport),
                *_other_transport(subject, at, transport),
            )
        )  # fmt: skip
    if end > start:
        children.append(subject.node("sent-by", start, end, *_sent_by(subject, value)))
    children += [subject.node(p.name, p.start, p.end, _via_parameter(subject, at, value, p)) for p in value.parameters]
    return children


def _other_transport(subject: Subject, at: int, transport: str) -> list[Sentence]:
    seen = subject.setting.transport
    if at or seen is None or not subject.is_request or seen.value == transport:
        return []
    return [subject.say("via.transport-mismatch", transport=transport, seen=seen.value)]


def _sent_by(subject: Subject, value: Via) -> list[Sentence]:
    if value.host.lower().endswith(".invalid"):
        return [subject.say("via.sent-by-websocket", place=value.host)]
    said = [subject.say("via.sent-by", place=written(value.host, value.port))]
    if value.port is None:
        said.append(subject.say("via.default-port", port=default_port(value.transport)))
    source = subject.setting.source
    private_outside = source is not None and kind_of(source.address) == "public"
    if kind_of(value.host) in NOT_PUBLIC and (private_outside or source is None):
        said.append(host_sentence(subject, value.host))
    return said


def _via_parameter(subject: Subject, at: int, value: Via, parameter: Parameter) -> Sentence:
    name, text = parameter.name.lower(), parameter.value or ""
    if name == "branch":
        if not text.lower().startswith(_COOKIE):
            return subject.say("via.branch-old", branch=text)
        if at == 0 and subject.is_request and subject.method == "ACK":
            return subject.say("via.branch-ack")
        if at == 0:
            return subject.say("via.branch" if subject.is_request else "via.branch-reply", method=subject.method or "request")
        return subject.say("via.branch-below")
    if name == "rport":
        if text:
            return subject.say("via.rport-filled", port=text)
        return subject.say("via.rport-asked" if subject.is_request else "via.rport-unfilled")
    if name == "received":
        same = address_of(text) == address_of(value.host) and address_of(text) is not None
        return subject.say("via.received-note-same" if same else "via.received-note", received=text, place=value.host)
    return subject.say_of("via-parameter", name, "parameter.other", name=parameter.name, value=text)


def max_forwards(subject: Subject, field: HeaderField) -> Explanation:
    """How many more proxies a request may pass, and how many it probably passed."""
    left = number(field.value, 0x7FFF_FFFF)
    if left is None or left > 255:
        return subject.line(field, subject.say("max-forwards.wrong"))
    if left == 0:
        return subject.line(field, subject.say("max-forwards.none"))
    if left == _USUAL_HOPS:
        return subject.line(field, subject.say("max-forwards.fresh", left=left))
    if left > _USUAL_HOPS:
        return subject.line(field, subject.say("max-forwards.more", left=left))
    passed = _USUAL_HOPS - left
    by_via = len(subject.vias) - 1
    said = [
        subject.say("max-forwards.passed" if passed <= 20 else "max-forwards.low", left=left, passed=counted(passed, "proxy"))
    ]
    if by_via < 0 or passed > 20 or subject.method in {"ACK", "CANCEL"}:  # these are made anew on the way, with one Via
        return subject.line(field, *said)
    if by_via == passed:
        said.append(subject.say("max-forwards.as-via", count=len(subject.vias)))
    elif by_via == 0:
        said.append(subject.say("max-forwards.one-via"))
    else:
        said.append(subject.say("max-forwards.not-as-via", proxies=counted(by_via, "proxy")))
    return subject.line(field, *said)


def route(subject: Subject, field: HeaderField) -> Explanation:
    """Route, Record-Route, Path or Service-Route: a list of proxies, and what is to be done with it."""
    addresses = subject.addresses(field)
    name = field.canonical.lower()
    if not addresses:
        return subject.line(field, subject.say("header-other.unreadable"))
    said = [_route(subject, field, addresses[0])]
    loose = [address.uri.parameter("lr") is not None for address in addresses]
    if name in {"route", "record-route"} and not all(loose):
        said.append(subject.say("route-lr.strict"))
    nodes = [
        subject.node(
            f"proxy {at + 1}", address.start, address.end,
            *([subject.say("route-lr.entry", place=place(address.uri))] if len(addresses) > 1 else []),
            children=[*address_children(subject, address), *subject.parameters(address.parameters, "address-parameter")],
        )
        for at, address in enumerate(addresses)
    ]  # fmt: skip
    return subject.listed(field, nodes, *said)


def _route(subject: Subject, field: HeaderField, first: NameAddr) -> Sentence:
    """What one line of a route says: the first tells of the whole list, each further one goes on from there."""
    name, hosts = field.canonical.lower(), subject.hosts_of(field)
    values: dict[str, str | int] = {"place": place(first.uri), "count": counted(hosts, "proxy")}
    if subject.is_first(field):
        if name == "record-route" and hosts == 1:
            return subject.say("route.record-route-one", **values)
        return subject.say_of("route", name, "header-other.unreadable", **values)
    before = subject.address_before(first, field)
    if name in {"route", "record-route"} and before is not None and before.uri.host == first.uri.host:
        return subject.say("route-next.again", **values)
    return subject.say_of("route-next", name, "header-other.unreadable", **values)
