"""An address and a port, written as users and RFC 3261 write them."""

from functools import lru_cache
from typing import NamedTuple


class Endpoint(NamedTuple):
    """One end of a flow.

    ``address`` is the canonical text of an IPv4 or IPv6 address (RFC 5952), without brackets; ``port`` is 0 where the
    packet has none.
    """

    address: str
    port: int

    @property
    def host(self) -> str:
        """The address as it stands in a URI: IPv6 in brackets (RFC 3261 25.1, IPv6reference)."""
        return f"[{self.address}]" if ":" in self.address else self.address

    def __str__(self) -> str:
        return _text_of(self)


@lru_cache(maxsize=4096)  # lists say the same few over and over
def _text_of(endpoint: Endpoint) -> str:
    return f"{endpoint.host}:{endpoint.port}"
