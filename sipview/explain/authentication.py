"""Challenges and credentials: WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization, Authentication-Info."""

from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.subject import Subject
from sipview.sip.message import HeaderField
from sipview.sip.octets import Octets
from sipview.sip.uri import Parameter, read_parameter
from sipview.sip.values import Authentication


def authentication(subject: Subject, field: HeaderField) -> Explanation:
    """A challenge, or the answer to one, with each of its parameters."""
    found = subject.authentications_in(field)
    nodes = [
        subject.node(
            field.canonical, value.start, value.end, *_authentication(subject, field, value),
            children=_scheme(subject, value) + _parameters(subject, value.parameters),
        )
        for value in found
    ]  # fmt: skip
    return subject.listed(field, nodes)


def _authentication(subject: Subject, field: HeaderField, value: Authentication) -> list[Sentence]:
    name, scheme = field.canonical.lower(), value.scheme.lower()
    realm, user = _value(value, "realm"), _value(value, "username")
    if scheme == "basic":
        return [subject.say("authentication.basic")]
    if scheme != "digest":
        return [subject.say("authentication.other-scheme", scheme=value.scheme)]
    said = [subject.say_of("authentication-header", name, "authentication.digest", realm=realm, user=user)]
    if name.endswith("authenticate"):
        if _value(value, "stale").lower() == "true":
            said.append(subject.say("authentication.stale"))
        elif subject.status in {401, 407}:
            said.append(subject.say("authentication.normal", code=subject.status))
    return said


def _value(value: Authentication, name: str) -> str:
    found = value.parameter(name)
    return (found.value or "") if found else ""


def _scheme(subject: Subject, value: Authentication) -> list[Explanation]:
    end = value.start + len(value.scheme)
    if not value.scheme:
        return []
    said = subject.say_of("authentication-scheme", value.scheme.lower(), "authentication.scheme-other", scheme=value.scheme)
    return [subject.node("scheme", value.start, end, said)]


def _parameters(subject: Subject, parameters: tuple[Parameter, ...]) -> list[Explanation]:
    return [subject.node(p.name, p.start, p.end, _parameter(subject, p)) for p in parameters]


def _parameter(subject: Subject, parameter: Parameter) -> Sentence:
    name, value = parameter.name.lower(), parameter.value or ""
    if name == "algorithm":
        return subject.say_of("digest-algorithm", value.lower(), "authentication.algorithm-other", algorithm=value)
    if name == "stale":
        return subject.say("authentication.stale-true" if value.lower() == "true" else "authentication.stale-false")
    if name == "qop":
        return subject.say_of("digest-qop", value.lower().replace(" ", ""), "authentication.qop-other", qop=value)
    return subject.say_of("digest-parameter", name, "parameter.other", name=parameter.name, value=value)


def authentication_info(subject: Subject, field: HeaderField) -> Explanation:
    """Authentication-Info: the server proves itself, or hands out the next nonce; a list without a scheme."""
    pieces: list[Octets] = subject.octets(field.value_start, field.value_end).split(",")
    parameters = tuple(read_parameter(piece, []) for piece in pieces if piece)
    said = subject.say_of("authentication-header", field.canonical.lower(), "authentication.digest", realm="", user="")
    return subject.line(field, said, children=_parameters(subject, parameters))
