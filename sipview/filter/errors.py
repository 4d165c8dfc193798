"""What is wrong with a filter text, and where."""


class FilterError(ValueError):
    """A text is no display filter.

    ``start`` and ``end`` are positions of characters in the text (``start == end`` marks a place, such as its end);
    ``sentence`` says for people what was found and what was expected. ``suggestion`` is a text that could stand in
    [start, end) instead, or None.
    """

    def __init__(self, start: int, end: int, sentence: str, suggestion: str | None = None) -> None:
        super().__init__(sentence)
        self.start = start
        self.end = end
        self.sentence = sentence
        self.suggestion = suggestion


def shown(text: str, limit: int = 60) -> str:
    """A piece of the user's text as a sentence quotes it: visible, and not long."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "“" + "".join(c if c.isprintable() else "�" for c in cut) + "”"
