"""The dialogs of one Call-ID, which BYE ended them, and who sent it (RFC 3261 12, 15)."""

from collections.abc import Iterable, Sequence

from sipview.calls.model import Dialog, DialogState, Observed, Side
from sipview.calls.transactions import Transaction, accepts


def dialogs_of(
    call_id: str, initial: Iterable[Transaction], byes: Iterable[Transaction], *, answered: bool
) -> tuple[Dialog, ...]:
    """The dialogs that the responses to initial INVITEs made, in order of appearance.

    ``answered``: the INVITE has its final response for the caller, so an early dialog is over (13.2.2.3, 13.2.2.4).
    """
    states: dict[tuple[str, str], DialogState] = {}
    for transaction in initial:
        for response in transaction.responses:
            facts = response.facts
            status = facts.status
            if status is None or not 101 <= status < 300 or not facts.to_tag:
                continue
            tags = (facts.from_tag, facts.to_tag)
            if status >= 200:
                states[tags] = DialogState.CONFIRMED
            elif tags not in states:
                states[tags] = DialogState.TERMINATED if answered else DialogState.EARLY
    if not states:
        return ()
    for bye in byes:
        facts = bye.first.facts
        tags = (facts.from_tag, facts.to_tag)
        if tags not in states:
            tags = (facts.to_tag, facts.from_tag)
        if tags in states:
            states[tags] = DialogState.TERMINATED
    return tuple([Dialog(call_id, tags[0], tags[1], state) for tags, state in states.items()])


def dialog_in_progress(call_id: str, seen: Observed, *, ended: bool) -> tuple[Dialog, ...]:
    """The dialog that a message within it proves, where its beginning was not captured."""
    facts = seen.facts
    if not (facts.from_tag and facts.to_tag):
        return ()
    return (Dialog(call_id, facts.from_tag, facts.to_tag, DialogState.TERMINATED if ended else DialogState.CONFIRMED),)


def hang_up(answered: Sequence[Transaction], byes: Sequence[Transaction]) -> Observed | None:
    """The BYE that ended the call, or None while it is up; ``answered`` are the INVITE transactions of the caller's view.

    Where the INVITE was answered by several (a fork, 13.2.2.4), each has its dialog and its own BYE, and the call ends with
    the last. A BYE that fits no dialog ends the call unless it was refused.
    """
    if not byes:
        return None
    tags = set()
    for branch in answered:
        if branch.accepted:
            for response in branch.responses:
                if accepts(response) and response.facts.to_tag:
                    tags.add(response.facts.to_tag)
    left = set(tags)
    for bye in byes:
        facts = bye.first.facts
        if facts.from_tag in left or facts.to_tag in left:
            left -= {facts.from_tag, facts.to_tag}
            if not left:
                return bye.first
    if left != tags:
        return None
    return next((bye.first for bye in byes if bye.final is None or bye.accepted), None)


def side_of(request: Observed, invite: Observed, caller_tags: set[str]) -> Side | None:
    """Who sent this request (or got this response): the side that sent ``invite``, or the other; None where it is unclear.

    Tags decide. Where they are missing (RFC 2543) or nonsense, the URIs of From and To do.
    """
    facts = request.facts
    by_caller = facts.from_tag in caller_tags
    if by_caller == (facts.to_tag in caller_tags):
        caller_uri = invite.facts.from_uri
        by_caller = facts.from_uri == caller_uri
        if by_caller == (facts.to_uri == caller_uri):
            return None
    return Side.CALLER if by_caller else Side.CALLEE
