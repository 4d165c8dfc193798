"""Text from packets made fit to show: what would be invisible, or would change its surroundings, becomes a visible symbol."""

import re

# Controls (C0, DEL, C1), line and paragraph separators, zero-width and bidirectional controls, the byte order mark,
# variation and tag characters, and lone surrogates: none of them may act on the text around it.
ACTING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def _symbol(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)  # Control Pictures
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>"


def visible(text: str, longest: int | None = None) -> str:
    """The text with every control, zero-width and direction-changing character replaced by a symbol that shows it.

    With ``longest``, a longer text is cut to that many characters, the last of them an ellipsis.
    """
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"
    return text if text.isascii() and text.isprintable() else ACTING.sub(_symbol, text)
