"""Transactions, and which message is another one sent again (RFC 3261 8.1.1.7, 17.1.3, 17.2.3).

The transactions of one Call-ID stand in an `Exchange`. A transaction is known by the branch of the topmost Via, the CSeq
number and the method; where the branch is older than RFC 3261 (no magic cookie), by sent-by, From tag and CSeq instead. The
two addresses count too, since a capture may show one message on both sides of a NAT: that is a copy on another hop, and no
retransmission. The Call-ID and the CSeq number would not be needed by the letter of the RFC; they keep apart the
transactions of devices that use one branch for everything.
"""

from sipview.calls.model import Observed

MAGIC_COOKIE = "z9hG4bK"
_SHORT_SCAN = 8
"""As long as there are so few responses or transactions, looking through them is quicker than a table, and smaller."""

Key = tuple[str, int | None, str]
"""Branch, CSeq number, method."""


class Transaction:
    """One transaction on one hop, as far as it was captured.

    ``number`` is unique among all transactions of a capture. ``client`` and ``server`` are the addresses of the two ends.
    ``first`` is the message that was seen first; ``request`` the request, if captured, and ``sent`` how often; ``responses``
    are without retransmissions; ``accepted`` tells that a 2xx is among them. ``acknowledged``: the ACK of a refused INVITE.
    """

    __slots__ = (
        "_table", "accepted", "acknowledged", "branch", "client", "cseq_number", "final", "first", "last_provisional_ns",
        "method", "number", "others", "request", "responses", "sent", "server",
    )  # fmt: skip

    def __init__(self, number: int, key: Key, client: str, server: str, first: Observed) -> None:
        self.number = number
        self.branch, self.cseq_number, self.method = key
        self.client = client
        self.server = server
        self.first = first
        self.request: Observed | None = None
        self.sent = 0
        self.responses: list[Observed] = []
        self.final: Observed | None = None
        self.accepted = False
        self.acknowledged: Observed | None = None
        self.last_provisional_ns: int | None = None
        self.others: dict[tuple[str, str], Transaction] | None = None  # the same key between other addresses
        self._table: dict[tuple[object, ...], int] | None = None

    def take_request(self, observed: Observed) -> int:
        """Take a request (not an ACK); return the position of the one that it repeats, or -1."""
        self.sent += 1
        if self.request is None:
            self.request = observed
            return -1
        return self._repeats(self.request, observed)

    def take_acknowledgement(self, observed: Observed) -> int:
        """Take the ACK to a refusal, which is part of its INVITE's transaction (17.1.1.3); return as `take_request`."""
        if self.acknowledged is None:
            self.acknowledged = observed
            return -1
        return self._repeats(self.acknowledged, observed)

    def take_response(self, observed: Observed) -> int:
        """Take a response; return the position of the one that it repeats, or -1."""
        facts = observed.facts
        status = facts.status
        if status is None or status < 200:
            self.last_provisional_ns = observed.time_ns
        elif status < 300:
            if not self.accepted:
                self.accepted = True
                self.final = observed  # a 2xx that crosses with a refusal wins: there is a dialog then (13.2.2.4)
        elif self.final is None:
            self.final = observed
        responses = self.responses
        if self._table is None and len(responses) < _SHORT_SCAN:
            to_tag = facts.to_tag
            for earlier in responses:
                known = earlier.facts
                if known.status == status and known.to_tag == to_tag and _same_ends(earlier, observed):
                    return earlier.position
        else:
            original = self._look_up(observed)
            if original >= 0:
                return original
        responses.append(observed)
        return -1

    def _repeats(self, known: Observed, observed: Observed) -> int:
        return known.position if _same_ends(known, observed) else self._look_up(observed)

    def _look_up(self, observed: Observed) -> int:
        """The position of the first message like this one, or -1 (and remember this one)."""
        if self._table is None:
            self._table = {_identity(earlier): earlier.position for earlier in reversed(self.responses)}
        original = self._table.setdefault(_identity(observed), observed.position)
        return original if original != observed.position else -1


class Exchange:
    """Everything that was said under one Call-ID, in the order in which it was added."""

    __slots__ = ("_by_key", "call_id", "messages", "transactions", "untimely")

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.messages: list[Observed] = []
        self.transactions: list[Transaction] = []
        self.untimely = False  # a message came that is older than the one before
        self._by_key: dict[Key, Transaction] | None = None  # made when there are many

    def take(self, observed: Observed, number: int) -> tuple[int, int]:
        """Take a message: return the number of its transaction (``number`` if it begins one), and what it repeats or -1."""
        messages = self.messages
        if messages and observed.time_ns < messages[-1].time_ns:
            self.untimely = True
        messages.append(observed)
        facts = observed.facts
        method = facts.method
        branch = facts.branch
        if not branch.startswith(MAGIC_COOKIE):
            branch = f"{branch};{facts.via_sent_by};{facts.from_tag}"
        if method is None:
            client, server = observed.destination.address, observed.source.address
            key = (branch, facts.cseq_number, facts.cseq_method)
            transaction = self._find(key, client, server, astray=True)
            if transaction is None:
                transaction = self._begin(key, client, server, number, observed)
            return transaction.number, transaction.take_response(observed)
        client, server = observed.source.address, observed.destination.address
        if method == "ACK":
            invited = self._find((branch, facts.cseq_number, "INVITE"), client, server, astray=True)
            if invited is not None and not invited.accepted:
                return invited.number, invited.take_acknowledgement(observed)
        key = (branch, facts.cseq_number, method)
        transaction = self._find(key, client, server, astray=False)
        if transaction is None:
            transaction = self._begin(key, client, server, number, observed)
        return transaction.number, transaction.take_request(observed)

    def in_order(self) -> "Exchange":
        """The same exchange with its messages in order of time (itself where they came so)."""
        if not self.untimely:
            return self
        ordered = Exchange(self.call_id)
        for observed in sorted(self.messages, key=_time):
            ordered.take(observed, len(ordered.transactions))
        return ordered

    def _find(self, key: Key, client: str, server: str, *, astray: bool) -> Transaction | None:
        """The transaction with that key between these addresses; ``astray``: one end that fits is enough.

        A server with several addresses may answer from another one, and a response may be sent to a wrong address
        (18.2.2): it is a response to this request nevertheless.
        """
        found = self._first_with(key)
        if found is None or (found.client == client and found.server == server):
            return found
        if found.others is not None:
            exact = found.others.get((client, server))
            if exact is not None:
                return exact
        return found if astray and (found.client == client or found.server == server) else None

    def _first_with(self, key: Key) -> Transaction | None:
        if self._by_key is not None:
            return self._by_key.get(key)
        branch, cseq_number, method = key
        for transaction in self.transactions:
            if transaction.branch == branch and transaction.cseq_number == cseq_number and transaction.method == method:
                return transaction
        return None

    def _begin(self, key: Key, client: str, server: str, number: int, first: Observed) -> Transaction:
        transaction = Transaction(number, key, client, server, first)
        known = self._first_with(key)
        if known is not None:
            if known.others is None:
                known.others = {}
            known.others[client, server] = transaction
        self.transactions.append(transaction)
        if self._by_key is not None:
            self._by_key.setdefault(key, transaction)
        elif len(self.transactions) > _SHORT_SCAN:
            self._by_key = {}
            for earlier in self.transactions:
                self._by_key.setdefault((earlier.branch, earlier.cseq_number, earlier.method), earlier)
        return transaction


def _time(observed: Observed) -> int:
    return observed.time_ns


def accepts(response: Observed) -> bool:
    """Whether this is a 2xx."""
    status = response.facts.status
    return status is not None and 200 <= status < 300


def _same_ends(one: Observed, other: Observed) -> bool:
    return one.source == other.source and one.destination == other.destination


def _identity(observed: Observed) -> tuple[object, ...]:
    """What a retransmission has in common with its original, within one transaction."""
    facts = observed.facts
    return facts.method, facts.status, facts.to_tag, observed.source, observed.destination
