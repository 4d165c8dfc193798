"""A capture as tshark reads it, as columns for a display filter: so a filter can be held against tshark's on equal terms."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from sipview.filter import ArraySource, Column, Field, FieldType, NumberPart, PresencePart, TextPart, fields
from tests.support.needs import require_tool, skip_or_fail

_VALUES, _FIELDS = "\x1e", "\x1f"
_CONTENT = ("udp.payload", "tcp.payload")
_ADDRESSES = {FieldType.IPV4, FieldType.IPV6}


# One tap a filter, so that one run answers for all of them.
_TAPS = """
for text in io.lines(os.getenv("SIPVIEW_TEST_FILTERS")) do
  local known, tap = pcall(Listener.new, "frame", text)
  if known then
    local frames = {}
    function tap.packet(packet) frames[#frames + 1] = packet.number end
    function tap.draw() print(text .. "\\t" .. table.concat(frames, " ")) end
  end
end
"""


def frames_that_pass(capture: Path, texts: Iterable[str]) -> dict[str, list[int]]:
    """By filter, the numbers of the frames that tshark lets pass; a text that it takes for no filter is missing."""
    tshark = require_tool("tshark")
    with tempfile.TemporaryDirectory() as folder:
        filters, script = Path(folder, "filters"), Path(folder, "taps.lua")
        filters.write_text("".join(text + "\n" for text in texts), encoding="utf-8", newline="\n")
        script.write_text(_TAPS, encoding="utf-8")
        command = [tshark, "-n", "-q", "-r", str(capture), "-X", f"lua_script:{script}"]
        environment = os.environ | {"SIPVIEW_TEST_FILTERS": str(filters)}
        output = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, env=environment).stdout
    answers = [line.split("\t") for line in output.splitlines() if "\t" in line]
    if not answers:
        skip_or_fail("this tshark has no Lua")
    return {text: [int(number) for number in numbers.split()] for text, numbers in answers}


@lru_cache(maxsize=1)
def tshark_types() -> dict[str, str]:
    """Wireshark's type (``FT_UINT16``) of each field, and "" of each protocol."""
    listing = subprocess.run([require_tool("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t") for line in listing.splitlines()]
    return {line[2]: line[3] if line[0] == "F" else "" for line in lines}


@lru_cache(maxsize=8)
def columns_of(capture: Path) -> ArraySource:
    """All fields of the table that tshark has, with the values that tshark finds."""
    wanted = [field for field in fields().values() if field.name in tshark_types()]
    command = [require_tool("tshark"), "-n", "-r", str(capture), "-T", "fields", "-E", f"separator={_FIELDS}"]
    command += ["-E", "occurrence=a", "-E", f"aggregator={_VALUES}"]
    for name in (*(field.name for field in wanted), *_CONTENT):
        command += ["-e", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.removesuffix("\n").split("\n")
    table = [[cell.split(_VALUES) if cell else [] for cell in line.split(_FIELDS)] for line in lines]
    columns = {field.name: column(field, [row[place] for row in table]) for place, field in enumerate(wanted)}
    contents = [bytes.fromhex("".join(row[len(wanted)] or row[len(wanted) + 1])).decode("latin-1") for row in table]
    has_sip = [bool(row[[field.name for field in wanted].index("sip")]) for row in table]
    rows = np.flatnonzero(has_sip)
    columns["sip"] = (TextPart.of([contents[row] for row in rows], rows),)
    columns["frame.time"] = columns["frame.time_epoch"]
    return ArraySource(len(table), columns)


def column(field: Field, cells: Sequence[Sequence[str]]) -> Column:
    """Values as written, in a dense part where no row has two, else in a sparse one."""
    counts = [len(cell) for cell in cells]
    if field.type in {FieldType.PROTOCOL, FieldType.CONTENT}:
        return (PresencePart(present=np.array(counts) > 0),)
    if max(counts, default=0) <= 1:
        present = np.array(counts) > 0
        values: Iterable[str] = [cell[0] if cell else "" for cell in cells]
        if field.type in _ADDRESSES or field.type is FieldType.TEXT:
            part = TextPart.of(values)
            return (TextPart(part.codes, part.distinct, None, present),)
        return (NumberPart(np.array([_number(field, value) for value in values]), None, present),)
    rows = np.repeat(np.arange(len(cells)), counts)
    values = [value for cell in cells for value in cell]
    if field.type in _ADDRESSES or field.type is FieldType.TEXT:
        return (TextPart.of(values, rows),)
    return (NumberPart(np.array([_number(field, value) for value in values]), rows),)


def _number(field: Field, text: str) -> int:
    if field.type is FieldType.SPAN:
        whole, _, fraction = text.partition(".")
        return int(whole or 0) * 1_000_000_000 + int(fraction.ljust(9, "0"))
    if field.type is FieldType.MOMENT or not text:
        return 0  # the epoch time serves for it
    return ("False", "True").index(text) if text in {"True", "False"} else int(text, 0)
