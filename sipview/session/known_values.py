"""Values that a field has in a capture, as one writes them in a filter: what a completion offers."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from sipview.filter import Field, FieldType, NumberPart, Origin, TextPart
from sipview.filter.syntax import quoted
from sipview.session.fields import PacketFields

_MOST_READ = 1000  # messages that are read in full for the values of a header field
_LONGEST = 120  # characters; a longer value is no help in a list
_HEXADECIMAL = {"rtp.ssrc"}
_NOT_OFFERED = {FieldType.PROTOCOL, FieldType.CONTENT, FieldType.SPAN, FieldType.MOMENT, FieldType.BOOLEAN}


def known_values(fields: PacketFields, wanted: Field, most: int = 50) -> tuple[str, ...]:
    """The field's values, the most frequent first, ``most`` of them; none for a time or a protocol.

    Of fields that need messages in full, those of the first thousand messages.
    """
    if wanted.type in _NOT_OFFERED:
        return ()
    rows = np.unique(fields.message_rows[:_MOST_READ]) if wanted.origin in {Origin.HEADER, Origin.BODY} else None
    counts: Counter[str] = Counter()
    for part in fields.column(wanted, rows):
        if isinstance(part, NumberPart):
            counts.update(dict(_numbers(part, wanted)))
        elif isinstance(part, TextPart):
            counts.update(dict(_texts(part, wanted)))
    return tuple(value for value, _ in counts.most_common(most))


def _numbers(part: NumberPart, wanted: Field) -> Iterator[tuple[str, int]]:
    values = part.values if part.present is None else part.values[part.present]
    numbers, counts = np.unique(values, return_counts=True)
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        yield (f"{number:#x}" if wanted.name in _HEXADECIMAL else str(number)), count


def _texts(part: TextPart, wanted: Field) -> Iterator[tuple[str, int]]:
    codes = part.codes if part.present is None else part.codes[part.present]
    numbers, counts = np.unique(codes, return_counts=True)
    for code, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        text = part.distinct[code]
        if not text or len(text) > _LONGEST:
            continue
        if wanted.type is FieldType.TEXT:
            yield quoted(text), count
        elif (":" in text) == (wanted.type is FieldType.IPV6):
            yield text, count
