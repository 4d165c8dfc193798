"""URIs and what stands around them: the parts that From, To, Contact, Route and many other header fields share."""

from urllib.parse import unquote

from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.places import kind_of, written
from sipview.explain.subject import Subject
from sipview.sip.uri import NameAddr, Uri


def who(uri: Uri) -> str:
    """Whom a URI names, in short: its user part without the parameters of a telephone number, or else its host."""
    return (uri.user or "").split(";")[0] or written(uri.host, uri.port) or uri.text


def place(uri: Uri) -> str:
    """Host and port of a URI as written; a tel URI has its number instead."""
    return written(uri.host, uri.port) if uri.host else (uri.user or uri.text)


def host_sentence(subject: Subject, host: str) -> Sentence:
    """What a host is: a name that DNS resolves, or an address that may be private."""
    if ":" in host:
        return subject.say_of("host-ipv6", kind_of(host), "host.public", host=host)
    return subject.say_of("host", kind_of(host), "host.public", host=host)


def uri_children(subject: Subject, uri: Uri) -> list[Explanation]:
    """The parts of a URI."""
    children: list[Explanation] = []
    if uri.scheme != "sip":
        scheme_end = uri.start + len(uri.scheme)
        children.append(
            subject.node(
                "scheme", uri.start, scheme_end, subject.say_of("scheme", uri.scheme, "scheme.other", scheme=uri.scheme)
            )
        )
    user_start, user_end = uri.user_span
    if uri.user is not None and user_end > user_start:
        children.append(subject.node("user", user_start, user_end, _user(subject, uri)))
    host_start, host_end = uri.host_span
    if uri.password is not None and host_start - 1 > user_end + 1:
        children.append(subject.node("password", user_end + 1, host_start - 1, subject.say("uri.password")))
    if host_end > host_start and uri.scheme in {"sip", "sips"}:
        name_end = min(host_start + len(uri.host.encode()), host_end)
        if name_end > host_start:
            children.append(subject.node("host", host_start, name_end, host_sentence(subject, uri.host)))
        if uri.port is not None and host_end > name_end + 1:
            usual = uri.port == (5061 if uri.scheme == "sips" else 5060)
            said = subject.say("uri.port-usual" if usual else "uri.port", port=uri.port)
            children.append(subject.node("port", name_end + 1, host_end, said))
    children += subject.parameters(uri.parameters, "uri-parameter")
    children += [
        subject.node(
            header.name, header.start, header.end,
            subject.say_of(
                "uri-header", header.name.lower(), "uri-header.other", name=header.name, value=unquote(header.value or ""),
            ),
        )
        for header in uri.headers
    ]  # fmt: skip
    return children


def _user(subject: Subject, uri: Uri) -> Sentence:
    user = uri.user or ""
    kind = uri.parameter("user")
    number = user.split(";")[0]
    if number.startswith("+") and number[1:].replace("-", "").replace(".", "").isdigit():
        return subject.say("uri.number-global", user=number)
    if uri.scheme == "tel" or (kind is not None and (kind.value or "").lower() == "phone"):
        return subject.say("uri.number", user=number)
    if user.lower() == "anonymous":
        return subject.say("uri.user-anonymous", user=user)
    if user.isdigit():
        return subject.say("uri.user-digits", user=user)
    return subject.say("uri.user", user=user)


def address_children(subject: Subject, address: NameAddr) -> list[Explanation]:
    """The parts of a name-addr: display name, URI with its parts; the header parameters are the caller's."""
    children: list[Explanation] = []
    start, end = address.display_name_span
    if address.display_name and end > start:
        children.append(subject.node("display name", start, end, subject.say("address.name", name=address.display_name)))
    if not address.wildcard and address.uri.end > address.uri.start:
        children.append(uri_node(subject, "URI", address.uri))
    return children


def uri_node(subject: Subject, field: str, uri: Uri, *sentences: Sentence) -> Explanation:
    """A URI with its parts."""
    if uri.scheme in {"sip", "sips"} and not uri.user:
        said = subject.say("uri.no-user", place=place(uri))
    else:
        said = subject.say_of("uri-scheme", uri.scheme, "uri-scheme.other", who=who(uri), place=place(uri), uri=uri.text)
    return subject.node(field, uri.start, uri.end, *(sentences or (said,)), children=uri_children(subject, uri))
