"""How an attempt to call went, from its caller's point of view: the state, the final response, who hung up, and when."""

from typing import NamedTuple

from sipview.calls.attempts import Attempt, attempts_of, final_of
from sipview.calls.dialogs import hang_up, side_of
from sipview.calls.model import CallState, Observed, Side
from sipview.calls.states import LAST_TRANSMISSION, TIMER_B_NS, TIMER_C_NS, state_of_final
from sipview.calls.transactions import Transaction, accepts

_NO_INVITE = "the INVITE"
_NO_ANSWER_SEEN = "the answer to the INVITE"


class Verdict(NamedTuple):
    """``review_ns`` is when mere silence changes the state, None if it does not; the rest as in `model.Call`."""

    state: CallState
    final: Observed | None = None
    hung_up_by: Side | None = None
    talk_time_ns: int | None = None
    missing: str = ""
    review_ns: int | None = None


class Case:
    """What there is to judge: the transactions of one Call-ID that began with an INVITE, sorted by what they are for.

    The last attempt decides, but an answered one is never undone by what follows.
    """

    __slots__ = ("_attempt", "_byes", "_final", "_initial", "_missing", "_transactions", "first_ring", "invite")

    def __init__(self, transactions: list[Transaction], initial: list[Transaction], byes: list[Transaction]) -> None:
        """``initial``: as from `attempts.initial_invites`, at least one; ``byes``: the BYE transactions."""
        self._transactions = transactions
        self._initial = initial
        self._byes = byes
        attempts = attempts_of(initial)
        self.invite = attempts[0][0].first
        self.first_ring = _first_ring(attempts)
        self._attempt = attempts[-1]
        self._final = final_of(self._attempt)
        if len(attempts) > 1:
            for attempt in attempts:
                answer = final_of(attempt)
                if answer is not None and accepts(answer):
                    self._attempt, self._final = attempt, answer
                    break
        self._missing = "" if self._attempt[0].request is not None else _NO_INVITE

    def verdict(self, now_ns: int) -> Verdict:
        """Judge, at the end ``now_ns`` of the capture so far."""
        final = self._final
        if final is None:
            return self._without_final(now_ns)
        return self._answered(final) if accepts(final) else self._refused(final)

    def _without_final(self, now_ns: int) -> Verdict:
        """The caller's hop shows no final response; its ACK may prove that there was one."""
        if self._acknowledges_answer():
            answer = self._final_on_another_hop(accepted=True)
            return self._answered(answer, self._missing if answer is not None else _NO_ANSWER_SEEN)
        if self._attempt[0].acknowledged is not None:
            refusal = self._final_on_another_hop(accepted=False)
            return self._refused(refusal) if refusal is not None else Verdict(CallState.INCOMPLETE, missing=_NO_ANSWER_SEEN)
        if self._cancel() is not None:
            return Verdict(CallState.CANCELLED, hung_up_by=Side.CALLER, missing=self._missing)
        if self._byes:
            return Verdict(CallState.INCOMPLETE, missing=_NO_ANSWER_SEEN)
        return self._waiting(now_ns)

    def _answered(self, final: Observed | None, missing: str | None = None) -> Verdict:
        missing = self._missing if missing is None else missing
        bye = hang_up(self._attempt, self._byes)
        if bye is None:
            return Verdict(CallState.ANSWERED, final, missing=missing)
        caller_tags = {transaction.first.facts.from_tag for transaction in self._initial}
        who = side_of(bye, self.invite, caller_tags)
        talk_time_ns = None
        if final is not None:
            talk_time_ns = bye.time_ns - final.time_ns if bye.time_ns > final.time_ns else 0
        return Verdict(CallState.COMPLETED, final, who, talk_time_ns, missing)

    def _refused(self, final: Observed) -> Verdict:
        facts = final.facts
        state = state_of_final(facts.status or 0, facts.reason_header, rang=self.first_ring is not None)
        gave_up = self._cancel() or self._early_bye()
        if gave_up is None or gave_up.time_ns > final.time_ns:
            return Verdict(state, final, missing=self._missing)
        if state in {CallState.NO_ANSWER, CallState.FAILED}:  # whatever the code says: it answers somebody who has gone
            state = CallState.CANCELLED
        return Verdict(state, final, Side.CALLER if state is CallState.CANCELLED else None, missing=self._missing)

    def _waiting(self, now_ns: int) -> Verdict:
        """Nothing has come yet: still waiting, or waited for longer than any client does."""
        provisional = [branch.last_provisional_ns for branch in self._attempt if branch.last_provisional_ns is not None]
        if provisional and self.first_ring is not None:
            review_ns = max(provisional) + TIMER_C_NS
        elif not provisional and self._attempt[0].sent >= LAST_TRANSMISSION:
            review_ns = now_ns
        else:
            review_ns = self._attempt[0].first.time_ns + TIMER_B_NS
        if now_ns >= review_ns:
            return Verdict(CallState.NO_ANSWER, missing=self._missing)
        return Verdict(CallState.RINGING, missing=self._missing, review_ns=review_ns)

    def _cancel(self) -> Observed | None:
        """The caller's CANCEL: it has the branch of its INVITE (RFC 3261 9.1).

        Where the attempt has several branches, a CANCEL for one of them is the proxy's; the caller gave up when all are
        cancelled.
        """
        cancels = {
            transaction.branch: transaction.first for transaction in self._transactions if transaction.method == "CANCEL"
        }
        if not cancels or any(branch.branch not in cancels for branch in self._attempt):
            return None
        return cancels[self._attempt[-1].branch]

    def _early_bye(self) -> Observed | None:
        """The caller's BYE before any answer, which ends an early dialog (RFC 3261 15)."""
        invite = self._attempt[0].first
        tags = {invite.facts.from_tag}
        return next((bye.first for bye in self._byes if side_of(bye.first, invite, tags) is Side.CALLER), None)

    def _acknowledges_answer(self) -> bool:
        """Whether an ACK shows that there was a 2xx: only that is acknowledged in a transaction of its own (13.2.2.4)."""
        cseq_number = self._attempt[0].cseq_number
        return any(
            transaction.method == "ACK" and transaction.cseq_number == cseq_number and transaction.first.facts.to_tag != ""
            for transaction in self._transactions
        )

    def _final_on_another_hop(self, *, accepted: bool) -> Observed | None:
        """The final response to the same INVITE on another hop."""
        cseq_number = self._attempt[0].cseq_number
        for transaction in self._initial:
            if transaction.cseq_number == cseq_number and transaction.accepted == accepted and transaction.final is not None:
                return transaction.final
        return None


def _first_ring(attempts: list[Attempt]) -> Observed | None:
    """The first 18x that the caller got."""
    first: Observed | None = None
    for attempt in attempts:
        for branch in attempt:
            for response in branch.responses:
                status = response.facts.status
                if status is not None and 180 <= status < 190 and (first is None or response.time_ns < first.time_ns):
                    first = response
    return first
