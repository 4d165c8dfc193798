"""One analysis: the object that a front end holds.

In: paths. Out: snapshots (packets, messages, calls) while it loads and after, one message in full on demand, its
explanation, ladders. Runs without a screen; a window drives it from a worker thread.
"""

from sipview.session.analysis import Analysis, catalogue
from sipview.session.packets import PacketLine, message_word, packet_line
from sipview.session.snapshot import Snapshot, SourceProblem, TakeMessages, Taken
from sipview.session.user_word import Reading, named_ports
from sipview.session.wording import describe_call, duration_words, outcome_words, state_words

__all__ = [
    "Analysis",
    "PacketLine",
    "Reading",
    "Snapshot",
    "SourceProblem",
    "TakeMessages",
    "Taken",
    "catalogue",
    "describe_call",
    "duration_words",
    "message_word",
    "named_ports",
    "outcome_words",
    "packet_line",
    "state_words",
]
