"""The display-filter language: Wireshark's, for what people type when they look at calls.

In: a text such as ``sip.Method == "INVITE" && ip.addr == 10.0.1.0/24``, and a `Source` of named columns. Out: a `Filter`,
which is a tree of frozen values and evaluates to one boolean per row; or a `FilterError` that says where and what was
expected; and `complete` for a text that is being typed. Where a field has Wireshark's name it has the type, and a filter the
meaning, that they have in Wireshark 4.0. Knows nothing of where the columns come from.

    text --syntax, literals, parsing--> tree --evaluation, entries, pairs--> mask
"""

from sipview.filter.columns import ArraySource, BooleanArray, Column, NumberPart, Part, PresencePart, RowArray, Source, TextPart
from sipview.filter.completion import Completion, CompletionKind, complete
from sipview.filter.errors import FilterError
from sipview.filter.fields import Field, FieldType, Origin, fields, find_field
from sipview.filter.parsing import Filter, parse

__all__ = [
    "ArraySource",
    "BooleanArray",
    "Column",
    "Completion",
    "CompletionKind",
    "Field",
    "FieldType",
    "Filter",
    "FilterError",
    "NumberPart",
    "Origin",
    "Part",
    "PresencePart",
    "RowArray",
    "Source",
    "TextPart",
    "complete",
    "fields",
    "find_field",
    "parse",
]
