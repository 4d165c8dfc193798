"""What to call a host: the user of a phone, the product of a server. A ladder reads better with ``1001`` than with an address.

A host is a server when it answers a REGISTER, when it passes an INVITE of one Call-ID on, or when it joins two legs of a
call. Everybody else is taken for a phone. Names are guesses for people: a host that might have two has none.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from sipview.calls import Conversations, Observed
from sipview.values import CancelToken, visible

_LONGEST_NAME = 40
# Answers that a server gives itself: 100 is never passed on (RFC 3261 16.7), and it is the server that asks for a password.
_OWN_STATUSES = {100, 401, 407}
_NOBODY = {"", "anonymous"}
_PRODUCT = re.compile(r"[^\s/(]+")
_USER = re.compile(r"[a-z]+:([^@;?]+)@", re.IGNORECASE)
_TELEPHONE = re.compile(r"tel:([^;?]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HostNames:
    """Names and second lines by address; an address that is missing has no better name than itself.

    ``people`` are the addresses that are named after a user.
    """

    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    subtitles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    people: frozenset[str] = frozenset()

    def of(self, address: str) -> str:
        """The name of a host, or its address."""
        return self.names.get(address, address)


class _Seen:
    """What was seen of each host, by address."""

    def __init__(self) -> None:
        self.registrars: set[str] = set()
        self.called: defaultdict[str, set[str]] = defaultdict(set)  # Call-IDs of INVITEs that came in
        self.relays: set[str] = set()
        self.callers: defaultdict[str, set[str]] = defaultdict(set)  # users in whose name it called or registered
        self.callees: defaultdict[str, set[str]] = defaultdict(set)  # users who were called there
        self.alone: set[str] = set()  # hosts on which several ends talk to each other
        self.products: dict[str, str] = {}  # as it said for itself, if it is an end
        self.hop_products: dict[str, str] = {}  # as it said for itself, if it is a server

    def take(self, observed: Observed) -> None:
        facts = observed.facts
        source, destination = observed.source.address, observed.destination.address
        if facts.method is None:
            if facts.cseq_method == "REGISTER":
                self.registrars.add(source)
            if facts.user_agent and (facts.status in _OWN_STATUSES or facts.cseq_method == "REGISTER"):
                self.hop_products[source] = facts.user_agent
            elif facts.user_agent:
                self.products[source] = facts.user_agent
            return
        if facts.method not in {"INVITE", "REGISTER"}:
            return
        if facts.user_agent:
            self.products[source] = facts.user_agent
        if facts.to_tag:  # within a dialog either side may ask
            return
        if source == destination:
            self.alone.add(source)
        self.callers[source].add(_user(facts.from_uri))
        if facts.method == "INVITE":
            if facts.call_id in self.called[source]:
                self.relays.add(source)
            self.called[destination].add(facts.call_id)
            self.callees[destination].add(_user(facts.request_uri) or _user(facts.to_uri))


class HostNaming:
    """Names the hosts of a capture that is still read: looks at each message once."""

    def __init__(self) -> None:
        self._seen = _Seen()
        self._taken = 0

    def names(self, messages: Sequence[Observed], conversations: Conversations, cancel: CancelToken | None = None) -> HostNames:
        """Names for the hosts so far. ``messages`` begins with those of the last time; the time grows with the others.

        Raises `values.Cancelled` when asked to stop, and may be asked again then.
        """
        token = cancel if cancel is not None else CancelToken()
        for observed in token.each(messages[self._taken :]):
            self._seen.take(observed)
            self._taken += 1
        return _names(self._seen, conversations, token)


def name_hosts(messages: Sequence[Observed], conversations: Conversations) -> HostNames:
    """Names for the hosts of a capture; the time grows with the number of messages."""
    return HostNaming().names(messages, conversations)


def _names(seen: _Seen, conversations: Conversations, token: CancelToken) -> HostNames:
    servers = seen.registrars | seen.relays
    for call in token.each(conversations.calls):
        if len(call.legs) > 1:
            reached = {leg.destination.address for leg in call.legs}
            servers |= {leg.source.address for leg in call.legs if leg.source.address in reached}
    names: dict[str, str] = {}
    subtitles: dict[str, str] = {}
    people: set[str] = set()
    for address in token.each({*seen.callers, *seen.called, *seen.registrars} - seen.alone):
        if address in servers:
            names[address] = _product(seen.hop_products.get(address, "")) or "Server"
            continue
        users = seen.callers.get(address) or seen.callees.get(address) or set()
        if len(users) == 1 and (user := next(iter(users))) not in _NOBODY:
            names[address] = user
            people.add(address)
            if product := _product(seen.products.get(address, "")):
                subtitles[address] = f"{address} {product}"
    return HostNames(MappingProxyType(names), MappingProxyType(subtitles), frozenset(people))


def _user(uri: str) -> str:
    found = _USER.match(uri) or _TELEPHONE.match(uri)
    return visible(found.group(1), _LONGEST_NAME) if found else ""


@lru_cache(maxsize=1024)  # many hosts are of few products
def _product(user_agent: str) -> str:
    """The first product of a User-Agent or Server header field (RFC 3261 20.41), without its version."""
    found = _PRODUCT.match(user_agent)
    return visible(found.group(), _LONGEST_NAME) if found else ""
