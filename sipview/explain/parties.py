"""Who takes part: From, To, Contact, and the header fields that name others (identities, transfers, diversions)."""

from sipview.explain.addresses import address_children, host_sentence, place, who
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import default_port, duration, kind_of, same_address
from sipview.explain.subject import Subject
from sipview.sip.message import HeaderField
from sipview.sip.octets import number
from sipview.sip.uri import NameAddr, Parameter

_MAKES_DIALOG = frozenset({"INVITE", "SUBSCRIBE", "REFER"})
_SHOWN = frozenset({"INVITE", "MESSAGE"})
"""The requests whose sender a phone shows to its user."""
_NEEDS_CONTACT = frozenset({"INVITE", "SUBSCRIBE", "REFER", "UPDATE", "NOTIFY"})


def from_field(subject: Subject, field: HeaderField) -> Explanation:
    """From: the initiator of a request, as the server sees it."""
    addresses = subject.addresses(field)
    if not addresses:
        return subject.line(field, subject.say("header-other.unreadable"))
    address = addresses[0]
    values = {"who": who(address.uri), "method": subject.method or "request"}
    if not subject.is_request:
        said = [subject.say("from.reply", **values)]
    elif subject.in_dialog:
        said = [subject.say("from.in-dialog", **values)]
    else:
        said = [subject.say_of("from-request", subject.method, "from.request", **values)]
    name = address.display_name
    if (name or "").strip().lower() == "anonymous" or address.uri.host.lower().endswith("anonymous.invalid"):
        said.append(subject.say("from.anonymous"))
    elif name:
        said.append(subject.say("from.name", name=name))
    elif subject.is_request and not subject.in_dialog and subject.method in _SHOWN:
        said.append(subject.say("from.no-name"))
    if not address.tag:
        said.append(subject.say("from.no-tag"))
    return subject.line(
        field, *said, children=[*address_children(subject, address), *subject.parameters(address.parameters, "from-parameter")]
    )


def to_field(subject: Subject, field: HeaderField) -> Explanation:
    """To: who was meant; its tag says whether there is a dialog."""
    addresses = subject.addresses(field)
    if not addresses:
        return subject.line(field, subject.say("header-other.unreadable"))
    address = addresses[0]
    values = {"who": who(address.uri), "method": subject.method or "request"}
    if subject.is_request:
        said = [subject.say("to.in-dialog", **values)] if subject.in_dialog else [
            subject.say_of("to-request", subject.method, "to.request", **values)
        ]  # fmt: skip
        if address.tag:
            said.append(subject.say_of("to-tag", subject.method, "to.tag", **values))
        else:
            said.append(subject.say_of("to-no-tag", subject.method, "to.no-tag", **values))
    else:
        said = [_reply_to(subject, address), _reply_tag(subject, address)]
    return subject.line(
        field, *said, children=[*address_children(subject, address), *subject.parameters(address.parameters, "to-parameter")]
    )


def _reply_to(subject: Subject, address: NameAddr) -> Sentence:
    meant = who(address.uri)
    if subject.method == "REGISTER":
        return subject.say("to.reply-register", who=meant)
    return subject.say("to.reply-invite" if subject.method == "INVITE" else "to.reply", who=meant)


def _reply_tag(subject: Subject, address: NameAddr) -> Sentence:
    if not address.tag:
        return subject.say("to.reply-trying" if subject.status == 100 else "to.reply-no-tag", code=subject.status)
    if subject.method in _MAKES_DIALOG:
        if 100 < subject.status < 200:
            return subject.say("to.reply-early")
        if 200 <= subject.status < 300:
            return subject.say("to.reply-dialog")
    return subject.say_of("to-reply-tag", subject.method, "to.reply-tag")


def contact(subject: Subject, field: HeaderField) -> Explanation:
    """Contact: where to send what follows; in REGISTER the bindings; in a 3xx whom to try instead."""
    addresses = subject.addresses(field)
    if not addresses:
        return subject.line(field, subject.say("header-other.unreadable"))
    count = subject.address_count(field)
    said: list[Sentence] = []
    if subject.is_first(field) and count > 1:
        said.append(
            subject.say("contact.not-one", count=count)
            if subject.method == "INVITE" and (subject.is_request or subject.status < 300)
            else subject.say("contact.several", count=count)
        )
    nodes = [
        subject.node(
            f"Contact {at + 1}", address.start, address.end, *_contact(subject, address),
            children=[*address_children(subject, address), *_contact_parameters(subject, address)],
        )
        for at, address in enumerate(addresses)
    ]  # fmt: skip
    return subject.listed(field, nodes, *said)


def _contact_parameters(subject: Subject, address: NameAddr) -> list[Explanation]:
    """The header parameters; those that begin with ``+`` are abilities, of which many are not in any list (RFC 3840 9)."""
    known = [p for p in address.parameters if subject.catalogue.has("contact-parameter", p.name.lower())]
    nodes = {node.start: node for node in subject.parameters(known, "contact-parameter")}
    for p in address.parameters:
        if p.start not in nodes:
            feature = p.name.startswith("+")
            said = subject.say("contact.feature" if feature else "parameter.other", name=p.name)
            nodes[p.start] = subject.node(p.name, p.start, p.end, said)
    return [nodes[start] for start in sorted(nodes)]


def _contact(subject: Subject, address: NameAddr) -> list[Sentence]:
    values = {"who": who(address.uri), "place": place(address.uri)}
    if subject.method == "REGISTER":
        return _binding(subject, address)
    if 300 <= subject.status < 400:
        return [subject.say("contact.redirect", **values)]
    if subject.status == 485:
        return [subject.say("contact.ambiguous", **values)]
    if subject.method not in _NEEDS_CONTACT or subject.status >= 400:
        return [subject.say("contact.other", **values)]
    if address.wildcard:
        return [subject.say("contact.wildcard-wrong")]
    alone = subject.is_request and subject.method == "INVITE" and subject.address_count_of("Contact") == 1
    said = [subject.say("contact.one")] if alone else []
    stand_in = _stand_in(subject, address)
    if stand_in is not None:
        return [*said, stand_in]
    if subject.is_request:
        said.append(subject.say("contact.invite" if subject.method == "INVITE" else "contact.request", **values))
    else:
        said.append(subject.say("contact.reply", **values))
    if subject.message.first("Record-Route") is not None:
        said.append(subject.say("contact.record-routed"))
    return said + _reachable(subject, address)


def _stand_in(subject: Subject, address: NameAddr) -> Sentence | None:
    """What is said of a Contact that is no address of the device: a GRUU (RFC 5627), or a web client's (RFC 7118)."""
    if address.uri.parameter("gr") is not None:
        return subject.say("contact.gruu", place=place(address.uri))
    if address.uri.host.lower().endswith(".invalid"):
        return subject.say("contact.websocket", place=place(address.uri))
    return None


def _binding(subject: Subject, address: NameAddr) -> list[Sentence]:
    """One address that REGISTER binds, or that the registrar lists."""
    if address.wildcard:
        return [subject.say("contact.remove-all")]
    values = {"place": place(address.uri)}
    expires = binding_expires(subject, address)
    if subject.is_request:
        if expires == 0:
            said = [subject.say("contact.remove", **values)]
        elif expires is None:
            said = [subject.say("contact.bind", **values)]
        else:
            said = [subject.say("contact.bind-for", **values, time=duration(expires))]
        stand_in = _stand_in(subject, address)
        return [*said, stand_in] if stand_in is not None else said + _reachable(subject, address)
    if not 200 <= subject.status < 300:
        return [subject.say("contact.other", **values)]
    if expires is None:
        return [subject.say("contact.bound", **values)]
    return [subject.say("contact.bound-for", **values, time=duration(expires))]


def binding_expires(subject: Subject, address: NameAddr) -> int | None:
    """For how long a binding is asked for or given: its own parameter, or else the Expires header (RFC 3261 10.2.1.1)."""
    own: Parameter | None = address.parameter("expires")
    text = own.value if own is not None else None
    if text is None:
        header = subject.message.first("Expires")
        text = header.value if header is not None else ""
    return number(text, 0xFFFF_FFFF)


def _reachable(subject: Subject, address: NameAddr) -> list[Sentence]:
    """Whether a Contact fits where the packet came from: only the packet of the device itself can tell."""
    uri = address.uri
    kind = kind_of(uri.host)
    if uri.scheme not in {"sip", "sips"} or not uri.host:
        return []
    source = subject.setting.source
    if source is None:
        return [host_sentence(subject, uri.host)] if kind == "private" else []
    if kind == "domain":
        return []
    values = {"place": place(uri), "source": str(source)}
    transport = uri.parameter("transport")
    seen = subject.setting.transport or "UDP"
    port = uri.port if uri.port is not None else default_port((transport.value or "") if transport else seen, uri.scheme)
    if same_address(uri.host, source):
        if port == source.port:
            return [subject.say("contact.same", **values)]
        return [subject.say("contact.same-connection" if seen != "UDP" else "contact.same-address", **values)]
    if kind == "private" and kind_of(source.address) == "public":
        return [host_sentence(subject, uri.host), subject.say("contact.private", **values)]
    if subject.is_request and len(subject.vias) > 1:
        return [subject.say("contact.through-proxy", **values)]
    return [subject.say("contact.elsewhere-request" if subject.is_request else "contact.elsewhere-reply", **values)]


def named_party(subject: Subject, field: HeaderField) -> Explanation:
    """A header field that holds addresses and has a sentence in the table ``party``."""
    addresses = subject.addresses(field)
    if not addresses:
        return subject.line(field, subject.say("header-other.unreadable"))
    nodes = [
        subject.node(
            f"{field.canonical} {at + 1}", address.start, address.end, *_party(subject, field, address),
            children=[*address_children(subject, address), *_party_parameters(subject, field, address)],
        )
        for at, address in enumerate(addresses)
    ]  # fmt: skip
    return subject.listed(field, nodes, *([subject.say("address.several", count=len(nodes))] if len(nodes) > 1 else []))


def _diversion_reason(subject: Subject, parameter: Parameter) -> Sentence:
    value = parameter.value or ""
    return subject.say_of("diversion-reason", value.lower(), "diversion.reason-other", reason=value)


def _party_parameters(subject: Subject, field: HeaderField, address: NameAddr) -> list[Explanation]:
    if field.canonical != "Diversion":
        return subject.parameters(address.parameters, "address-parameter")
    return [
        subject.node(p.name, p.start, p.end, _diversion_reason(subject, p))
        if p.name.lower() == "reason"
        else subject.parameters([p], "diversion-parameter")[0]
        for p in address.parameters
    ]


def _party(subject: Subject, field: HeaderField, address: NameAddr) -> list[Sentence]:
    shown = f"{address.display_name} ({who(address.uri)})" if address.display_name else who(address.uri)
    said = subject.say_of(
        "party", field.canonical.lower(), "address.other", who=shown, place=place(address.uri), uri=address.uri.text
    )
    if field.canonical == "Refer-To" and any(header.name.lower() == "replaces" for header in address.uri.headers):
        return [said, subject.say("party.attended")]
    why = address.parameter("reason") if field.canonical == "Diversion" else None
    return [said] if why is None else [said, _diversion_reason(subject, why)]
