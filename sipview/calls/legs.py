"""One Call-ID with an INVITE, judged as its caller saw it: a `Leg`, and what its call takes from it."""

from dataclasses import dataclass

from sipview.calls.attempts import initial_invites
from sipview.calls.dialogs import dialog_in_progress, dialogs_of
from sipview.calls.model import CallState, Leg, Observed, Side
from sipview.calls.transactions import Exchange
from sipview.calls.verdict import Case, Verdict


@dataclass(slots=True, eq=False)
class JudgedLeg:
    """A leg, and the facts that its call takes from it (see `model.Call`). Equal to itself only, so that it is a quick key.

    ``review_ns`` is when the leg is to be judged again although nothing came, or None.
    """

    leg: Leg
    start_ns: int
    end_ns: int
    reason: str | None
    hung_up_by: Side | None
    ring_delay_ns: int | None
    talk_time_ns: int | None
    missing: str
    review_ns: int | None


def judge_leg(exchange: Exchange, now_ns: int) -> JudgedLeg:
    """Judge everything that was said under one Call-ID; ``now_ns`` is the end of the capture so far."""
    exchange = exchange.in_order()
    messages = exchange.messages
    transactions = exchange.transactions
    initial = initial_invites(transactions)
    byes = [transaction for transaction in transactions if transaction.method == "BYE"]
    if initial:
        case = Case(transactions, initial, byes)
        verdict = case.verdict(now_ns)
        begin, ring = case.invite, case.first_ring
        dialogs = dialogs_of(exchange.call_id, initial, byes, answered=verdict.final is not None)
    else:
        verdict = Verdict(CallState.INCOMPLETE, missing="the beginning of the call" if byes else "the INVITE")
        begin, ring = messages[0], None
        dialogs = dialog_in_progress(exchange.call_id, _within_dialog(messages), ended=bool(byes))
    facts = begin.facts
    requested = facts.method is not None
    final = verdict.final
    return JudgedLeg(
        leg=Leg(
            call_id=exchange.call_id,
            source=begin.source if requested else begin.destination,
            destination=begin.destination if requested else begin.source,
            from_uri=facts.from_uri,
            to_uri=facts.to_uri,
            state=verdict.state,
            status=final.facts.status if final is not None else None,
            dialogs=dialogs,
            messages=tuple([observed.position for observed in messages]),
        ),
        start_ns=begin.time_ns,
        end_ns=messages[-1].time_ns,
        reason=(final.facts.reason or None) if final is not None else None,
        hung_up_by=verdict.hung_up_by,
        ring_delay_ns=ring.time_ns - begin.time_ns if ring is not None else None,
        talk_time_ns=verdict.talk_time_ns,
        missing=verdict.missing,
        review_ns=verdict.review_ns,
    )


def _within_dialog(messages: list[Observed]) -> Observed:
    """The first request with both tags, else the first message."""
    for seen in messages:
        facts = seen.facts
        if facts.method is not None and facts.from_tag and facts.to_tag:
            return seen
    return messages[0]
