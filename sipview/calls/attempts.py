"""Which INVITEs the caller sent, and what they came to: the caller's view of one Call-ID.

One INVITE is seen once a hop; a challenged or redirected one is sent again with a higher CSeq; a proxy that forks it sends
several. The caller's view is that of the hop where the first INVITE was seen. Where that hop is not in the capture, the
hops after the nearest element (all branches of its fork) stand for it.
"""

from collections.abc import Sequence

from sipview.calls.model import Observed
from sipview.calls.transactions import Transaction, accepts

Attempt = list[Transaction]
"""The INVITE transactions of one attempt that one element sent: one, or all branches of a fork."""


def initial_invites(transactions: Sequence[Transaction]) -> list[Transaction]:
    """The INVITE transactions that begin a call, on all hops; re-INVITEs (RFC 3261 14) are left out.

    A re-INVITE has a To tag. A transaction of which only responses were captured is taken for an initial one as long as
    nothing else says that a dialog is already there.
    """
    found: list[Transaction] = []
    accepted: Transaction | None = None
    in_dialog = False
    for transaction in transactions:
        request = transaction.request
        if transaction.method != "INVITE":
            in_dialog = in_dialog or (request is not None and request.facts.to_tag != "")
            continue
        if request is None or request.facts.to_tag:
            set_up = accepted is not None and accepted.cseq_number != transaction.cseq_number
            if in_dialog or set_up or (request is not None and not found):
                in_dialog = True
                continue
        found.append(transaction)
        if accepted is None and transaction.accepted:
            accepted = transaction
    return found


def attempts_of(initial: Sequence[Transaction]) -> list[Attempt]:
    """The attempts of the caller, in order; ``initial`` as from `initial_invites`."""
    if not initial:
        return []
    first = initial[0]
    attempts = [[first]]
    if len(initial) == 1:
        return attempts
    by_cseq = {first.cseq_number: attempts[0]}
    from_tag = first.first.facts.from_tag
    for transaction in initial[1:]:
        known = by_cseq.get(transaction.cseq_number)
        if known is not None:
            if _sent_by_same_element(known[0], transaction):
                known.append(transaction)
            continue
        from_home = transaction.client == first.client
        same_caller = transaction.first.facts.from_tag == from_tag
        if (from_home and same_caller) or ((from_home or same_caller) and _refused_before(attempts[-1], transaction)):
            by_cseq[transaction.cseq_number] = attempt = [transaction]
            attempts.append(attempt)
    return attempts


def final_of(attempt: Attempt) -> Observed | None:
    """The final response to an attempt: of several branches a 2xx, else a 6xx, else the last one when all have ended.

    That is what a forking proxy hands on (RFC 3261 16.7), but for its choice among several refusals.
    """
    if len(attempt) == 1:
        return attempt[0].final
    finals = [branch.final for branch in attempt if branch.final is not None]
    accepted = [final for final in finals if accepts(final)]
    if accepted:
        return min(accepted, key=_time)
    if len(finals) < len(attempt):
        return None
    return next((final for final in finals if (final.facts.status or 0) >= 600), max(finals, key=_time))


def _refused_before(attempt: Attempt, transaction: Transaction) -> bool:
    final = attempt[0].final
    return final is not None and not accepts(final) and final.time_ns <= transaction.first.time_ns


def _sent_by_same_element(one: Transaction, other: Transaction) -> bool:
    return one.client == other.client and one.first.facts.via_sent_by == other.first.facts.via_sent_by


def _time(observed: Observed) -> int:
    return observed.time_ns
