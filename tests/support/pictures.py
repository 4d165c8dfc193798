"""Picture files read by something that is not what wrote them."""

import struct
import subprocess
import zlib
from pathlib import Path
from xml.etree import ElementTree

from tests.support.needs import require_tool

_SVG = "{http://www.w3.org/2000/svg}"


def png_rows(path: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and the distinct rows of a PNG, after its chunks and check sums were looked at (ISO/IEC 15948)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, width, height, channels = 8, b"", 0, 0, 0
    while at < len(data):
        (length,), kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(">IIBB", body)
            assert depth == 8
            channels = {2: 3, 3: 1, 6: 4}[colour]
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    assert data.endswith(b"IEND\xaeB`\x82")
    pixels, row = zlib.decompress(packed), width * channels + 1
    assert len(pixels) == height * row
    return width, height, {pixels[start : start + row] for start in range(0, len(pixels), row)}


def svg_texts(path: Path) -> list[str]:
    """The texts of an SVG, as an XML parser finds them."""
    root = ElementTree.fromstring(path.read_bytes())
    assert root.tag == _SVG + "svg"
    return ["".join(element.itertext()) for element in root.iter(_SVG + "text")]


def pdf_text(path: Path) -> str:
    """What poppler finds in a PDF."""
    command = [require_tool("pdftotext"), "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
