"""Conversations that are no calls: registrations, OPTIONS, subscriptions, messages, and how they went in words.

The words come out of one table: what a final 2xx means for each method, with and without a duration.
"""

from typing import NamedTuple

from sipview.calls.model import Conversation, ConversationKind, Observed
from sipview.calls.states import CHALLENGES, TIMER_B_NS
from sipview.calls.transactions import Exchange, Transaction


class Wording(NamedTuple):
    """How a method's conversation is called, and how its end is told.

    ``lasting`` is used where the response says how long it holds, ``asked`` where only the request does, ``done`` where
    neither does or where it does not matter, ``undone`` for a duration of 0, ``refused`` before status and reason.
    """

    kind: ConversationKind
    done: str
    refused: str
    lasting: str = ""
    asked: str = ""
    undone: str = ""


_WORDING = {
    "REGISTER": Wording(
        ConversationKind.REGISTRATION,
        done="registered",
        refused="refused",
        lasting="registered for {} s",
        asked="registered, asked for {} s",
        undone="unregistered",
    ),
    "OPTIONS": Wording(ConversationKind.KEEPALIVE, done="answered", refused="answered"),
    "SUBSCRIBE": Wording(
        ConversationKind.SUBSCRIPTION,
        done="subscribed",
        refused="refused",
        lasting="subscribed for {} s",
        asked="subscribed, asked for {} s",
        undone="unsubscribed",
    ),
    "NOTIFY": Wording(ConversationKind.SUBSCRIPTION, done="notified", refused="notification refused"),
    "PUBLISH": Wording(
        ConversationKind.PUBLICATION,
        done="published",
        refused="refused",
        lasting="published for {} s",
        asked="published, asked for {} s",
        undone="withdrawn",
    ),
    "MESSAGE": Wording(ConversationKind.MESSAGE, done="delivered", refused="not delivered"),
}
_OTHER = Wording(ConversationKind.OTHER, done="answered", refused="refused")

_REACHABLE_BELOW = 500
"""A refused OPTIONS proves that its server is there (RFC 3261 11); a server error or a timeout does not."""


class Outcome(NamedTuple):
    """How a conversation went. ``review_ns`` is when mere silence changes it, None if it does not."""

    text: str
    failed: bool
    final: Observed | None = None
    review_ns: int | None = None


class JudgedConversation(NamedTuple):
    """A conversation, and when it is to be judged again although nothing came."""

    conversation: Conversation
    review_ns: int | None


def judge_conversation(exchange: Exchange, now_ns: int) -> JudgedConversation:
    """Judge everything that was said under one Call-ID (or, without any, between two ends)."""
    exchange = exchange.in_order()
    first = exchange.messages[0]
    asker = exchange.transactions[0]
    wording = _WORDING.get(asker.method, _OTHER) if exchange.call_id else _OTHER
    mine = [
        transaction
        for transaction in exchange.transactions
        if transaction.client == asker.client and transaction.method == asker.method
    ]
    outcome = _outcome(mine, wording, now_ns)
    if not exchange.call_id:
        outcome = _without_call_id(outcome)
    requested = first.facts.method is not None
    conversation = Conversation(
        kind=wording.kind,
        call_id=exchange.call_id,
        start_ns=first.time_ns,
        end_ns=exchange.messages[-1].time_ns,
        source=first.source if requested else first.destination,
        destination=first.destination if requested else first.source,
        from_uri=first.facts.from_uri,
        to_uri=first.facts.to_uri,
        status=outcome.final.facts.status if outcome.final is not None else None,
        outcome=outcome.text,
        failed=outcome.failed,
        messages=tuple([observed.position for observed in exchange.messages]),
    )
    return JudgedConversation(conversation, outcome.review_ns)


def _outcome(mine: list[Transaction], wording: Wording, now_ns: int) -> Outcome:
    """How the last transaction went that tells anything; one that waits for its response does not undo the one before."""
    last = mine[-1]
    final = last.final
    if final is None:
        review_ns = last.first.time_ns + TIMER_B_NS
        if now_ns >= review_ns:
            return Outcome("no reply", failed=True)
        if len(mine) > 1:
            earlier = _outcome(mine[-2:-1], wording, mine[-2].first.time_ns)
            return (
                earlier._replace(review_ns=review_ns) if not earlier.failed else Outcome("no reply yet", False, None, review_ns)
            )
        return Outcome("no reply yet", failed=False, review_ns=review_ns)
    status = final.facts.status or 0
    spoken = f"{status} {final.facts.reason or ''}".rstrip()
    if status < 300:
        return Outcome(_success(last, final, wording, spoken), failed=False, final=final)
    if status in CHALLENGES:
        return _challenged(mine, final, spoken, now_ns)
    if wording.kind is ConversationKind.KEEPALIVE:
        return Outcome(f"{wording.refused} {spoken}", status >= _REACHABLE_BELOW or status == 408, final)
    return Outcome(f"{wording.refused}: {spoken}", failed=True, final=final)


def _without_call_id(outcome: Outcome) -> Outcome:
    """Nothing can be told from a silence between two ends when it is not known who waits for what."""
    if outcome.final is None:
        return Outcome("without Call-ID", failed=False)
    return outcome._replace(text=f"without Call-ID; {outcome.text}")


def _success(transaction: Transaction, final: Observed, wording: Wording, spoken: str) -> str:
    granted = final.facts.expires
    asked = transaction.request.facts.expires if transaction.request is not None else None
    if wording.undone and (asked == 0 or granted == 0):
        return wording.undone
    if wording.lasting and granted is not None:
        return wording.lasting.format(granted)
    if wording.asked and asked is not None:
        return wording.asked.format(asked)
    return f"{wording.done} {spoken}" if wording.done == "answered" else wording.done


def _challenged(mine: list[Transaction], final: Observed, spoken: str, now_ns: int) -> Outcome:
    """A 401 or 407 (RFC 3261 22): to credentials, twice in a row, it says that they are wrong.

    Once alone it may say that the nonce has become stale; a client then answers with a fresh one.
    """
    request = mine[-1].request
    if request is not None and request.facts.has_credentials:
        before = mine[-2].final if len(mine) > 1 else None
        if before is not None and before.facts.status in CHALLENGES:
            return Outcome("wrong password", failed=True, final=final)
        return Outcome(f"credentials refused: {spoken}", failed=True, final=final)
    review_ns = final.time_ns + TIMER_B_NS
    if now_ns >= review_ns:
        return Outcome("asked for a password, never sent one", failed=True, final=final)
    return Outcome("asked for a password", failed=False, final=final, review_ns=review_ns)
