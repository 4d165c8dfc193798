"""Bytes in the forms in which Wireshark copies them, under the names that it has for them."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from sipview.gui.packet_copy import as_hex

_PER_LINE = 16
_C_PER_LINE = 8
_ESCAPED_PER_LINE = 16


@dataclass(frozen=True, slots=True)
class ByteForm:
    """One way to copy bytes; ``write`` makes the text."""

    text: str
    tip: str
    write: Callable[[bytes], str]


def _hex_lines(data: bytes) -> str:
    """Offset and sixteen bytes a line, without the letters."""
    return "\n".join(f"{start:04x}  {data[start : start + _PER_LINE].hex(' ')}" for start in range(0, len(data), _PER_LINE))


def _printable(data: bytes) -> str:
    """The bytes that are letters, with line ends and tabs; all others are left out, as Wireshark does."""
    return "".join(chr(byte) for byte in data if 0x20 <= byte < 0x7F or byte in b"\t\r\n")


def _escaped(data: bytes) -> str:
    """Strings of a C program or a script: ``"\\x53\\x49..."``."""
    return " \\\n".join(
        '"' + "".join(f"\\x{byte:02x}" for byte in data[start : start + _ESCAPED_PER_LINE]) + '"'
        for start in range(0, len(data), _ESCAPED_PER_LINE)
    )


def _c_array(data: bytes) -> str:
    lines = [
        ", ".join(f"0x{byte:02x}" for byte in data[start : start + _C_PER_LINE]) for start in range(0, len(data), _C_PER_LINE)
    ]
    return "static const unsigned char bytes[] = {\n  " + ",\n  ".join(lines) + "\n};\n"


BYTE_FORMS = (
    ByteForm("Hex + &ASCII dump", "Offset, bytes and letters, sixteen a line; text2pcap reads it", as_hex),
    ByteForm("He&x dump", "Offset and bytes, sixteen a line", _hex_lines),
    ByteForm("Printable &text", "The letters among the bytes", _printable),
    ByteForm("Hex &stream", "All digits in one line", bytes.hex),
    ByteForm("&Base64 string", "As in e-mail and in WebSocket keys", lambda data: base64.b64encode(data).decode()),
    ByteForm("&Escaped string", "As strings of a program", _escaped),
    ByteForm("&C array", "As an array of a C program", _c_array),
)
