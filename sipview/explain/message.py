"""The explanation of one message as a tree."""

from collections.abc import Callable

from sipview.explain import authentication, capabilities, dialogs, parties, routing
from sipview.explain.body import Body
from sipview.explain.catalogue import Catalogue
from sipview.explain.explanation import Explanation, Setting
from sipview.explain.problems import with_problems
from sipview.explain.start_line import start_line
from sipview.explain.subject import Subject
from sipview.sip import Message
from sipview.sip.message import HeaderField

__all__ = ["Explanation", "Setting", "explain"]

Explainer = Callable[[Subject, HeaderField], Explanation]

_EXPLAINERS: dict[str, Explainer] = {
    "": capabilities.no_field,
    "via": routing.via,
    "max-forwards": routing.max_forwards,
    "route": routing.route,
    "record-route": routing.route,
    "path": routing.route,
    "service-route": routing.route,
    "from": parties.from_field,
    "to": parties.to_field,
    "contact": parties.contact,
    "call-id": dialogs.call_id,
    "cseq": dialogs.cseq_field,
    "replaces": dialogs.dialog_named,
    "join": dialogs.dialog_named,
    "target-dialog": dialogs.dialog_named,
    "rack": dialogs.rack,
    "session-expires": dialogs.session_expires,
    "min-se": dialogs.seconds_field,
    "min-expires": dialogs.seconds_field,
    "flow-timer": dialogs.seconds_field,
    "expires": dialogs.expires,
    "retry-after": dialogs.retry_after,
    "reason": dialogs.reason,
    "warning": dialogs.warning,
    "allow": capabilities.allow,
    "supported": capabilities.option_tags,
    "require": capabilities.option_tags,
    "proxy-require": capabilities.option_tags,
    "unsupported": capabilities.option_tags,
    "event": capabilities.event,
    "allow-events": capabilities.allow_events,
    "subscription-state": capabilities.subscription_state,
    "content-type": capabilities.content_type,
    "content-length": capabilities.content_length,
    "content-disposition": capabilities.content_disposition,
    "privacy": capabilities.privacy,
    "www-authenticate": authentication.authentication,
    "proxy-authenticate": authentication.authentication,
    "authorization": authentication.authentication,
    "proxy-authorization": authentication.authentication,
    "authentication-info": authentication.authentication_info,
    "proxy-authentication-info": authentication.authentication_info,
}
_EXPLAINERS |= dict.fromkeys(("accept", "accept-encoding", "accept-language", "recv-info"), capabilities.accepted)
_EXPLAINERS |= dict.fromkeys(
    (
        "p-asserted-identity", "p-preferred-identity", "remote-party-id", "p-called-party-id", "p-associated-uri", "reply-to",
        "refer-to", "referred-by", "diversion", "history-info", "alert-info", "call-info", "error-info",
    ),
    parties.named_party,
)  # fmt: skip


def explain(message: Message, setting: Setting, catalogue: Catalogue) -> tuple[Explanation, ...]:
    """Explain every part of a message: start line, each header field with its parts, the body with each SDP line."""
    subject = Subject(message, setting, catalogue)
    body = Body(subject)
    nodes = [start_line(subject)]
    nodes += [_EXPLAINERS.get(field.canonical.lower(), capabilities.plain)(subject, field) for field in message.fields]
    return with_problems(nodes + body.nodes, dict.fromkeys((*message.problems, *body.problems)), subject)
