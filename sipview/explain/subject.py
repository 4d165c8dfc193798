"""The message that is being explained, with everything that more than one explainer asks of it, read once."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from sipview.explain.catalogue import Catalogue, Sentence, joined
from sipview.explain.explanation import Explanation, Setting
from sipview.sip.message import HeaderField, HeaderValue, Message, RequestLine
from sipview.sip.octets import Octets
from sipview.sip.parser import authentications, cseq, name_addrs, split_values, vias
from sipview.sip.uri import NameAddr, Parameter, Uri, parameter_named, read_parameters
from sipview.sip.values import Authentication, Via


class Parts(NamedTuple):
    """A value and its parameters: ``active;expires=600`` is ``head`` active and one parameter."""

    head: Octets
    parameters: tuple[Parameter, ...]

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name (compared without case)."""
        return parameter_named(self.parameters, name)

    def value(self, name: str) -> str | None:
        """The value of the parameter of that name; None where it is missing or has none."""
        found = self.parameter(name)
        return found.value if found else None


def _start(value: Via | NameAddr | Authentication) -> int:
    return value.start


class Subject:
    """One message, where it was seen, and who speaks of it."""

    def __init__(self, message: Message, setting: Setting, catalogue: Catalogue) -> None:
        self.message = message
        self.setting = setting
        self.catalogue = catalogue
        self.say = catalogue.say
        self.say_of = catalogue.say_of
        self._addresses: dict[str, tuple[NameAddr, ...]] = {}
        self._authentications: dict[str, tuple[Authentication, ...]] = {}

    @cached_property
    def vias(self) -> tuple[Via, ...]:
        """All Via values, topmost first."""
        return vias(self.message)

    def vias_in(self, field: HeaderField) -> list[tuple[int, Via]]:
        """The Via values of one header field line, each with its place among all, the topmost being 0."""
        first = bisect_left(self.vias, field.start, key=_start)
        last = bisect_left(self.vias, field.end, first, key=_start)
        return list(enumerate(self.vias[first:last], first))

    @cached_property
    def _first_fields(self) -> dict[str, HeaderField]:
        return {field.canonical: field for field in reversed(self.message.fields)}

    def is_first(self, field: HeaderField) -> bool:
        """Whether no header field line of the same name stands above this one."""
        return self._first_fields[field.canonical] is field

    @cached_property
    def cseq_method(self) -> str:
        """The method that CSeq names, or ""."""
        found = cseq(self.message)
        return found.method if found else ""

    @cached_property
    def method(self) -> str:
        """The method of a request, or that which a response answers."""
        return self.message.method if self.message.method is not None else self.cseq_method

    @property
    def is_request(self) -> bool:
        """Whether the message is a request."""
        return self.message.is_request

    @property
    def status(self) -> int:
        """The status code of a response; 0 for a request."""
        return self.message.status or 0

    @cached_property
    def sender(self) -> NameAddr | None:
        """The From."""
        return next(iter(name_addrs(self.message, "From")), None)

    @cached_property
    def recipient(self) -> NameAddr | None:
        """The To."""
        return next(iter(name_addrs(self.message, "To")), None)

    @cached_property
    def has_to_tag(self) -> bool:
        """Whether To carries a tag."""
        return self.recipient is not None and bool(self.recipient.tag)

    @cached_property
    def q850_cause(self) -> str:
        """The first cause of the telephone network that Reason gives (RFC 3326), or ""."""
        for field in self.message.fields:
            if field.canonical == "Reason":
                for value in self.values(field):
                    parts = self.parts(value.start, value.end)
                    if str(parts.head).upper() == "Q.850":
                        return parts.value("cause") or ""
        return ""

    @property
    def in_dialog(self) -> bool:
        """Whether this is a request inside of a dialog, as its To tag tells (RFC 3261 12.2)."""
        return self.is_request and self.has_to_tag and self.method != "CANCEL"

    @property
    def request_uri(self) -> Uri | None:
        """The Request-URI of a request."""
        return self.message.start_line.uri if isinstance(self.message.start_line, RequestLine) else None

    def octets(self, start: int, end: int) -> Octets:
        """Bytes of the message."""
        return Octets.of(self.message.data[start:end], start)

    def text(self, start: int, end: int) -> str:
        """Bytes of the message as text, as sent."""
        return self.message.data[start:end].decode("utf-8", "replace")

    def addresses(self, field: HeaderField) -> Sequence[NameAddr]:
        """The name-addr values of one header field line."""
        found = self._all_addresses(field)
        first = bisect_left(found, field.start, key=_start)
        return found[first : bisect_left(found, field.end, first, key=_start)]

    def _all_addresses(self, field: HeaderField) -> tuple[NameAddr, ...]:
        if field.canonical not in self._addresses:
            self._addresses[field.canonical] = name_addrs(self.message, field.canonical)
        return self._addresses[field.canonical]

    def authentications_in(self, field: HeaderField) -> Sequence[Authentication]:
        """The challenges or credentials of one header field line."""
        if field.canonical not in self._authentications:
            self._authentications[field.canonical] = authentications(self.message, field.canonical)
        found = self._authentications[field.canonical]
        first = bisect_left(found, field.start, key=_start)
        return found[first : bisect_left(found, field.end, first, key=_start)]

    def address_count(self, field: HeaderField) -> int:
        """How many name-addr values the message has in all header fields of that name."""
        return len(self._all_addresses(field))

    def address_count_of(self, name: str) -> int:
        """The same for a header field by its name; 0 where the message has none."""
        field = self._first_fields.get(name)
        return 0 if field is None else self.address_count(field)

    def address_before(self, address: NameAddr, field: HeaderField) -> NameAddr | None:
        """The name-addr value that stands before this one, on the same line or on one above; None for the first."""
        found = self._all_addresses(field)
        at = bisect_left(found, address.start, key=_start)
        return found[at - 1] if at else None

    def hosts_of(self, field: HeaderField) -> int:
        """How many different hosts the message has in all header fields of that name: a proxy may stand there twice."""
        return len({address.uri.host for address in self._all_addresses(field)})

    def values(self, field: HeaderField) -> tuple[HeaderValue, ...]:
        """The comma-separated values of a header field line, without empty ones."""
        return tuple(value for value in split_values(field) if value.end > value.start)

    def parts(self, start: int, end: int) -> Parts:
        """A value and what follows it after semicolons."""
        whole = self.octets(start, end)
        head = whole.split(";")[0]
        return Parts(head, read_parameters(whole.cut(head.end - start), []))

    def node(self, field: str, start: int, end: int, *sentences: Sentence, children: Iterable[Explanation] = ()) -> Explanation:
        """An explanation of the bytes from ``start`` to ``end``."""
        said = joined(sentences)
        return Explanation(
            field,
            self.text(start, end),
            said.text,
            said.reference,
            start,
            end,
            tuple(children),
            more=self.catalogue.about(field),
        )

    def line(self, field: HeaderField, *sentences: Sentence, children: Iterable[Explanation] = ()) -> Explanation:
        """An explanation of a header field line: spans the whole line, its value is the value."""
        said = joined(sentences)
        value = self.text(field.value_start, field.value_end)
        return Explanation(
            field.canonical, value, said.text, said.reference, field.start, field.end, tuple(children),
            more=self.catalogue.about(field.canonical),
        )  # fmt: skip

    def listed(self, field: HeaderField, nodes: Sequence[Explanation], *intro: Sentence) -> Explanation:
        """A header field line with one value, which then speaks for the line, or with several, which become children."""
        if len(nodes) == 1:
            only = nodes[0]
            said = joined((*intro, Sentence(only.explanation, only.reference)))
            return self.line(field, said, children=only.children)
        return self.line(field, *(intro if nodes else (self.say("header-other.unreadable"),)), children=nodes)

    def parameters(self, parameters: Iterable[Parameter], table: str) -> list[Explanation]:
        """A child for each parameter, out of a table of the catalogue that knows some of them."""
        return [
            self.node(
                p.name, p.start, p.end,
                self.say_of(table, p.name.lower(), "parameter.other", name=p.name, value=p.value or ""),
            )
            for p in parameters
        ]  # fmt: skip
