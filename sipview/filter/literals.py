"""Values as a filter writes them: numbers, times, addresses, texts. Each is read as the type of its field asks."""

import ipaddress
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from sipview.filter.errors import FilterError, shown
from sipview.filter.fields import Field, FieldType, fields, find_field
from sipview.filter.syntax import quoted
from sipview.filter.tree import Numbers, Texts, Value


class Written(NamedTuple):
    """A value as it stands in the filter, and where. ``kind`` is WORD, TEXT ("...") or RAW_TEXT (r"...")."""

    text: str
    kind: str
    start: int
    end: int


_NANOSECONDS = 1_000_000_000
_LARGEST_TIME = (1 << 63) - 1

_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))")
_DECIMAL = re.compile(r"([+-]?)([0-9]{1,12})(?:\.([0-9]{1,9}))?")
_DATE = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)|([A-Z][a-z]{2}) {1,2}(\d{1,2}), (\d{4}))"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r" ?(Z|UTC|[+-]\d\d:?\d\d)?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{1,2})|([0-3]?[0-7]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))", re.DOTALL
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def read_text(written: Written) -> str:
    """The text that was written. A raw text has no escapes; a word stands for itself. Raises `FilterError`."""
    if written.kind == "WORD":
        return written.text
    if written.kind == "RAW_TEXT":
        return written.text[2:-1]

    def unescaped(match: re.Match[str]) -> bytes:
        simple, hexadecimal, octal, short, long, _ = match.groups()
        if simple:
            return _SIMPLE[simple].encode()
        if hexadecimal:
            return bytes([int(hexadecimal, 16)])
        if octal:
            return bytes([int(octal, 8)])
        if (short or long) and int(short or long, 16) <= 0x10FFFF and not 0xD800 <= int(short or long, 16) <= 0xDFFF:
            return chr(int(short or long, 16)).encode()
        start = written.start + 1 + match.start()
        raise FilterError(
            start,
            start + len(match.group()),
            f'{shown(match.group())} is no escape. Write \\\\ for a backslash, or a raw text: r"...".',
            "\\" + match.group(),
        )

    inner = written.text[1:-1]
    pieces: list[bytes] = []
    done = 0
    for match in _ESCAPE.finditer(inner):
        pieces += (inner[done : match.start()].encode("utf-8", "surrogatepass"), unescaped(match))
        done = match.end()
    pieces.append(inner[done:].encode("utf-8", "surrogatepass"))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def read_value(field: Field, written: Written) -> Value:
    """A value to compare the field with. Raises `FilterError` where it is none of the field's type."""
    if field.type is FieldType.TEXT:
        text = read_text(written)
        return Texts(text, text, quoted(text))
    if written.kind != "WORD" and field.type is not FieldType.MOMENT:
        inner = read_text(written)
        unquoted = inner if re.fullmatch(r"[A-Za-z0-9_:/+.-]+", inner) else None
        raise FilterError(
            written.start,
            written.end,
            f"The values of {field.name} are no texts: {_wanted(field)}, without quotation marks.",
            unquoted,
        )
    match field.type:
        case FieldType.UNSIGNED:
            return _unsigned(field, written)
        case FieldType.BOOLEAN:
            return _boolean(field, written)
        case FieldType.SPAN:
            return _seconds(field, written)
        case FieldType.MOMENT:
            return _moment(written)
        case FieldType.IPV4 | FieldType.IPV6:
            return _address(field, written)
        case _:
            raise AssertionError(f"{field.type} has no values")


def _wanted(field: Field) -> str:
    example = f" such as {field.examples[0]}" if field.examples else ""
    article = "" if field.type is FieldType.BOOLEAN else "an " if field.type in {FieldType.IPV4, FieldType.IPV6} else "a "
    return f"expected {article}{field.type}{example}"


def _mistaken(field: Field, written: Written) -> FilterError:
    return FilterError(written.start, written.end, f"{shown(written.text)} does not fit {field.name}: {_wanted(field)}.")


def _integer(text: str) -> int | None:
    """A whole number as C writes it: decimal, 0x hexadecimal, 0b binary, 0 octal."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, binary, octal, decimal = match.groups()
    digits, radix = next((d, r) for d, r in ((hexadecimal, 16), (binary, 2), (octal, 8), (decimal, 10)) if d is not None)
    digits = digits.lstrip("0")
    number = 1 << 80 if len(digits) > 64 else int(digits or "0", radix)  # far beyond every field: how far is no matter
    return -number if sign == "-" else number


def _unsigned(field: Field, written: Written) -> Numbers:
    number = _integer(written.text)
    if number is None:
        raise _mistaken(field, written)
    if number < 0:
        raise FilterError(written.start, written.end, f"{field.name} is never negative.")
    if number > field.largest:
        raise FilterError(
            written.start,
            written.end,
            f"{shown(written.text)} is too large for {field.name}: {field.largest} is the most.",
            str(field.largest),
        )
    return Numbers(number, number, written.text)


def _boolean(field: Field, written: Written) -> Numbers:
    number = {"true": 1, "false": 0}.get(written.text.lower(), _integer(written.text))
    if number is None:
        raise _mistaken(field, written)
    return Numbers(int(number != 0), int(number != 0), written.text)


def _seconds(field: Field, written: Written) -> Numbers:
    match = _DECIMAL.fullmatch(written.text)
    if match is None:
        raise _mistaken(field, written)
    sign, whole, fraction = match.groups()
    number = int(whole) * _NANOSECONDS + int((fraction or "").ljust(9, "0"))
    if number > _LARGEST_TIME:
        raise FilterError(written.start, written.end, f"{shown(written.text)} seconds are more than sipview can count.")
    number = -number if sign == "-" else number
    return Numbers(number, number, written.text)


def _moment(written: Written) -> Numbers:
    text = read_text(written)
    match = _DATE.fullmatch(text)
    if match is not None:
        year, month, day, name, name_day, name_year, hour, minute, second, fraction, zone = match.groups()
        try:
            moment = datetime(
                int(year or name_year),
                int(month) if month else _MONTHS.index(name) + 1,
                int(day or name_day),
                int(hour or 0),
                int(minute or 0),
                int(second or 0),
                tzinfo=_zone(zone),
            )
            number = int(moment.timestamp()) * _NANOSECONDS + int((fraction or "").ljust(9, "0"))
        except (ValueError, OverflowError, OSError):  # no such day, month or hour; or a time zone table that ends before it
            number = _LARGEST_TIME + 1
        if abs(number) <= _LARGEST_TIME:
            return Numbers(number, number, quoted(text))
    raise FilterError(
        written.start,
        written.end,
        f'{shown(text)} is no moment; expected one such as "2024-05-31 14:00:00.5" or with UTC after it.',
    )


def _zone(text: str | None) -> timezone | None:
    """None means the local time of this machine."""
    if text is None:
        return None
    if text in {"Z", "UTC"}:
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _address(field: Field, written: Written) -> Numbers:
    wanted: type[ipaddress.IPv4Address | ipaddress.IPv6Address] = (
        ipaddress.IPv4Address if field.type is FieldType.IPV4 else ipaddress.IPv6Address
    )
    text, slash, length = written.text.partition("/")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise _mistaken(field, written) from None
    if not isinstance(address, wanted):
        other = field.name.replace("ip.", "ipv6.") if address.version == 6 else field.name.replace("ipv6.", "ip.")
        raise FilterError(
            written.start, written.end, f"{shown(written.text)} is an IPv{address.version} address; {other} has those."
        )
    if not slash:
        return Numbers(int(address), int(address), written.text)
    if not re.fullmatch(r"[0-9]{1,3}", length) or int(length) > address.max_prefixlen:
        start = written.start + len(text) + 1
        raise FilterError(
            start, written.end, f"The length of an IPv{address.version} prefix is a number from 0 to {address.max_prefixlen}."
        )
    rest = address.max_prefixlen - int(length)
    low = int(address) >> rest << rest
    return Numbers(low, low | ((1 << rest) - 1), written.text)


def field_in_value_place(written: Written) -> Field | None:
    """The field that a word names where a value could stand, or None. Only fields of the table count there."""
    return find_field(written.text) if written.kind == "WORD" and written.text in fields() else None
