"""Messages in, conversations out, at any moment of a capture that may still grow."""

from collections.abc import Iterable

from sipview.calls.joining import Joined, call_of, group_legs
from sipview.calls.legs import JudgedLeg, judge_leg
from sipview.calls.model import Call, Conversation, Conversations, Observed
from sipview.calls.others import judge_conversation
from sipview.calls.states import CALL_METHODS, IN_CALL_METHODS
from sipview.calls.transactions import Exchange, accepts
from sipview.values import Endpoint

_USUAL_MESSAGES = 64  # of a call


class Tracker:
    """Takes the messages of a capture in order, and says at any moment what they amount to.

    `add` finds the transaction and nothing else; `conversations` judges the Call-IDs that have changed since the last time,
    and those whose silence has lasted long enough to mean something.
    """

    def __init__(self) -> None:
        self._exchanges: dict[str | frozenset[Endpoint], Exchange] = {}
        self._changed: dict[Exchange, None] = {}  # a set that keeps its order
        self._transactions: list[int] = []
        self._retransmission_of: list[int] = []
        self._next_transaction = 0
        self._calls: set[Exchange] = set()
        self._legs: dict[Exchange, JudgedLeg] = {}
        self._others: dict[Exchange, Conversation] = {}
        self._review_ns: dict[Exchange, int] = {}
        self._known_calls: dict[Joined, Call] = {}
        self._latest = Conversations((), (), (), ())
        self._judged = False  # something, since the latest

    def add(self, observed: Observed) -> None:
        """Take one more message; positions must come without gaps, from 0."""
        self.add_all((observed,))

    def add_all(self, latest: Iterable[Observed]) -> None:
        """Take more messages, as `add` does."""
        exchanges, changed, calls = self._exchanges, self._changed, self._calls
        transactions, retransmission_of = self._transactions, self._retransmission_of
        for observed in latest:
            assert observed.position == len(transactions), "positions come without gaps, from 0"
            call_id = observed.facts.call_id
            exchange = exchanges.get(call_id) if call_id else None
            if exchange is None:
                exchange = exchanges.setdefault(_key_of(observed), Exchange(call_id))
            number, original = exchange.take(observed, self._next_transaction)
            if number == self._next_transaction:
                self._next_transaction += 1
                if call_id and _belongs_to_call(observed):
                    calls.add(exchange)
            transactions.append(number)
            retransmission_of.append(original)
            changed[exchange] = None

    def conversations(self, now_ns: int) -> Conversations:
        """What the messages so far amount to; ``now_ns`` is the time of the last packet, of whatever kind."""
        changed = self._changed
        self._changed = {}
        for exchange, review_ns in self._review_ns.items():
            if now_ns >= review_ns:
                changed[exchange] = None
        if not changed and not self._judged:
            return self._latest
        self._judged = False
        self._judge(changed, now_ns)
        self._latest = Conversations(
            calls=self._number_calls(),
            others=tuple(sorted(self._others.values(), key=_start_of_conversation)),
            transactions=tuple(self._transactions),
            retransmission_of=tuple(self._retransmission_of),
        )
        return self._latest

    def judge_ended(self, latest: Iterable[Observed], now_ns: int) -> None:
        """Judge the calls that are over with one of these messages, as far as one can tell: less is left for `conversations`.

        ``latest`` were added since the last time. The work grows with them, however long the capture and its calls are.
        """
        exchanges = {self._exchanges[_key_of(observed)]: None for observed in latest if _may_end_a_call(observed)}
        ended = [
            exchange for exchange in exchanges if exchange in self._changed and exchange in self._calls and _is_over(exchange)
        ]
        for exchange in ended:
            del self._changed[exchange]
        self._judge(ended, now_ns)
        self._judged |= bool(ended)

    def _judge(self, exchanges: Iterable[Exchange], now_ns: int) -> None:
        for exchange in exchanges:
            if exchange in self._calls:
                self._others.pop(exchange, None)  # it may have looked like something else so far
                leg = self._legs[exchange] = judge_leg(exchange, now_ns)
                review = leg.review_ns
            else:
                judged = judge_conversation(exchange, now_ns)
                self._others[exchange] = judged.conversation
                review = judged.review_ns
            if review is None:
                self._review_ns.pop(exchange, None)
            else:
                self._review_ns[exchange] = review

    def originals(self, first: int) -> list[int]:
        """For each message from position ``first`` on, the position of the one that it repeats, or -1."""
        return self._retransmission_of[first:]

    def transactions(self) -> Conversations:
        """The transactions and repetitions alone: a list of messages does without calls, which cost more."""
        return Conversations((), (), tuple(self._transactions), tuple(self._retransmission_of))

    def _number_calls(self) -> tuple[Call, ...]:
        """All calls in order of start; one that has not changed stays the same object."""
        known = self._known_calls
        calls: dict[Joined, Call] = {}
        for number, joined in enumerate(group_legs(sorted(self._legs.values(), key=_start_of_leg)), 1):
            call = known.get(joined)
            if call is None or call.number != number:
                call = call_of(number, joined)
            calls[joined] = call
        self._known_calls = calls
        return tuple(calls.values())


def _belongs_to_call(observed: Observed) -> bool:
    """Whether a message makes its Call-ID a call, also where the INVITE was not captured."""
    facts = observed.facts
    method = facts.method or facts.cseq_method
    return method in CALL_METHODS or (method in IN_CALL_METHODS and facts.method is not None and facts.to_tag != "")


def _key_of(observed: Observed) -> str | frozenset[Endpoint]:
    """What a message's exchange is known by."""
    # Without a Call-ID (8.1.1.4 requires one) the two ends must do, so that nothing is lost.
    return observed.facts.call_id or frozenset((observed.source, observed.destination))


def _may_end_a_call(observed: Observed) -> bool:
    """Whether a message answers a BYE or is an ACK."""
    facts = observed.facts
    return facts.method == "ACK" or (facts.cseq_method == "BYE" and (facts.status or 0) >= 200)


def _is_over(exchange: Exchange) -> bool:
    """Whether the last message answers a BYE or acknowledges a refusal: seldom does anything follow.

    A long exchange is left alone: whoever repeats its end again and again would have all of it judged as often.
    """
    last = exchange.messages[-1]
    if len(exchange.messages) > _USUAL_MESSAGES or not _may_end_a_call(last):
        return False
    final = exchange.transactions[0].final
    return last.facts.method is None or (final is not None and not accepts(final))


def _start_of_leg(leg: JudgedLeg) -> int:
    return leg.start_ns


def _start_of_conversation(conversation: Conversation) -> int:
    return conversation.start_ns
