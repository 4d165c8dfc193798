"""How much room text takes where each character stands in a cell: on a terminal, in a drawing made of characters."""


def cells(text: str) -> int:
    """How many cells the text takes; East Asian characters take two, marks that combine none. Controls have no width."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth  # noqa: PLC0415 - its tables cost 25 ms, and most captures are ASCII

    return max(0, wcswidth(text))


def cut_to_cells(text: str, room: int, ellipsis: str = "…") -> str:
    """The text where it fits into that many cells, else as much of its beginning as fits before an ellipsis."""
    if cells(text) <= room:
        return text
    left = room - len(ellipsis)
    if text.isascii():
        return text[: max(0, left)].rstrip() + ellipsis
    from wcwidth import wcwidth  # noqa: PLC0415

    end = 0
    for character in text:
        left -= max(0, wcwidth(character))
        if left < 0:
            break
        end += 1
    return text[:end].rstrip() + ellipsis
