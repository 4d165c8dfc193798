"""Cutting a multipart body at its boundary (RFC 2046 5.1.1)."""


def part_spans(data: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """Where the parts of the multipart body ``data[start:end]`` are, each with its header fields.

    A delimiter stands at the beginning of a line; the line end before it belongs to it. What stands before the first and
    behind the closing delimiter is no part. A body without the closing delimiter ends with its last part.
    """
    delimiter = b"--" + boundary
    found: list[tuple[int, int]] = []
    begin: int | None = None
    at = data.find(delimiter, start, end)
    while at >= 0:
        after = at + len(delimiter)
        if at == start or data[at - 1 : at] == b"\n":
            closing = data.startswith(b"--", after, end)
            line_end = data.find(b"\n", after, end)
            if closing or line_end < 0 or not data[after:line_end].strip(b" \t\r"):
                if begin is not None:
                    found.append((begin, max(begin, _before_line_end(data, at))))
                if closing or line_end < 0:
                    return found
                begin = after = line_end + 1
        at = data.find(delimiter, after, end)
    if begin is not None and begin < end:
        found.append((begin, end))
    return found


def _before_line_end(data: bytes, at: int) -> int:
    at -= data[at - 1 : at] == b"\n"
    return at - (data[at - 1 : at] == b"\r")
