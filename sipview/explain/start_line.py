"""The first line: what a request wants and from whom, what a response says."""

from sipview.explain.addresses import place, uri_node, who
from sipview.explain.catalogue import Sentence
from sipview.explain.explanation import Explanation
from sipview.explain.parties import binding_expires
from sipview.explain.subject import Subject
from sipview.sip.message import RequestLine, StatusLine
from sipview.sip.parser import name_addrs
from sipview.sip.uri import Uri

_NOBODYS_REFUSAL = frozenset({"16", "17", "18", "19"})
"""Causes of ITU-T Q.850 with which a switch says 603 though nobody declined anything, as `calls.states` judges them."""


def start_line(subject: Subject) -> Explanation:
    """The Request-Line or Status-Line with its parts."""
    line = subject.message.start_line
    if any(problem.kind == "not-sip" for problem in subject.message.problems):
        return subject.node("First line", line.start, line.end, subject.say("start-line.not-sip"))
    return _request_line(subject, line) if isinstance(line, RequestLine) else _status_line(subject, line)


def _request_line(subject: Subject, line: RequestLine) -> Explanation:
    method = line.method
    table = "request-in-dialog" if subject.in_dialog and subject.catalogue.has("request-in-dialog", method) else "request"
    values = {"method": method, "who": who(line.uri), "place": place(line.uri)}
    if method == "REGISTER":
        wanted = _registration(subject, line.uri)
    elif table == "request":
        wanted = subject.say_of("request", method, "request-line.other", **values)
    else:
        wanted = subject.say_of("request-in-dialog", method, "request-line.other", **values)
    children = [
        subject.node("Method", *line.method_span, subject.say_of("method", method, "method.other", method=method)),
        uri_node(subject, "Request-URI", line.uri, _request_uri(subject, line.uri)),
        subject.node("Version", *line.version_span, _version(subject, line.version)),
    ]
    return subject.node(
        "Request-Line", line.start, line.end, wanted, *_for_whom(subject, line.uri),
        children=[child for child in children if child.end > child.start],
    )  # fmt: skip


def _registration(subject: Subject, uri: Uri) -> Sentence:
    """What a REGISTER does: its Contacts and how long they shall be valid tell (RFC 3261 10.2)."""
    contacts = name_addrs(subject.message, "Contact")
    values = {"place": place(uri), "meant": who(subject.recipient.uri) if subject.recipient is not None else ""}
    if not contacts:
        return subject.say("request-line.register-list", **values)
    removes = all(contact.wildcard or binding_expires(subject, contact) == 0 for contact in contacts)
    return subject.say("request-line.register-remove" if removes else "request-line.register-add", **values)


def _version(subject: Subject, version: str) -> Sentence:
    return subject.say("start-line.version" if version.upper() == "SIP/2.0" else "start-line.version-other", version=version)


def _for_whom(subject: Subject, uri: Uri) -> list[Sentence]:
    """How the Request-URI stands to To: who it is for now, and who it was meant for."""
    to = subject.recipient
    if to is None or subject.method in {"REGISTER", "CANCEL", "ACK"}:
        return []
    if subject.in_dialog:
        return [subject.say("request-line.in-dialog")]
    meant = to.uri
    values = {"now": who(uri), "meant": who(meant), "now_place": place(uri), "meant_place": place(meant)}
    same_user = (uri.user or "") == (meant.user or "")
    if same_user and uri.host.lower() == meant.host.lower():
        return [subject.say("request-line.same", **values)]
    if same_user and uri.user:
        return [subject.say("request-line.other-place", **values)]
    return [subject.say("request-line.other-user", **values)]


def _request_uri(subject: Subject, uri: Uri) -> Sentence:
    if subject.method == "REGISTER":
        said = subject.say("request-uri.register", place=place(uri))
    elif subject.in_dialog and subject.method != "ACK":
        said = subject.say("request-uri.in-dialog", place=place(uri))
    else:
        said = subject.say("request-uri.now", who=who(uri))
    return said


def _status_line(subject: Subject, line: StatusLine) -> Explanation:
    code = str(line.status)
    method = subject.method or "the request"
    said = [_success(subject, code, method) if 200 <= line.status < 300 else _outcome(subject, code, method)]
    if code == "603" and subject.q850_cause in _NOBODYS_REFUSAL:
        said.append(subject.say_of("not-declined", subject.q850_cause, "status-line.not-declined", cause=subject.q850_cause))
    children = [
        subject.node("Version", *line.version_span, _version(subject, line.version)),
        subject.node("Status-Code", *line.status_span, _status_class(subject, line.status)),
        subject.node("Reason-Phrase", *line.reason_span, subject.say("status-line.reason", reason=line.reason)),
    ]
    return subject.node(
        "Status-Line", line.start, line.end, *said, children=[child for child in children if child.end > child.start]
    )


def _success(subject: Subject, code: str, method: str) -> Sentence:
    """What a 2xx means depends on what was asked; a 2xx that has its own entry says it for all methods."""
    if code != "200" and subject.catalogue.has("status", code):
        return _outcome(subject, code, method)
    return subject.say_of("success", method, "status-line.success", code=code, method=method)


def _outcome(subject: Subject, code: str, method: str) -> Sentence:
    if method == "REGISTER" and subject.catalogue.has("status-register", code):
        return subject.say_of("status-register", code, "status-line.other", code=code, method=method)
    return subject.say_of("status", code, "status-line.other", code=code, method=method)


def _status_class(subject: Subject, status: int) -> Sentence:
    return subject.say_of("status-class", f"{status // 100}xx", "status-line.no-class", code=status)
