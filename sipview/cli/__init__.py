"""The command line: calls, messages, packets, ladders and explanations for people and, as JSON Lines, for scripts.

In: the words typed. Out: text on standard output, one line about trouble on standard error, an exit status (0 done, 1 the
input could be read only in part or not at all, 2 wrong usage, 130 stopped by Ctrl+C). Never Qt: whoever starts it hands in
what paints pictures.
"""

from sipview.cli.running import COMMANDS, INTERRUPTED, main, misuse

__all__ = ["COMMANDS", "INTERRUPTED", "main", "misuse"]
