"""Messages in, conversations out, at any moment of a capture that may still grow."""

from sipview.calls.model import Conversations, Observed


class Tracker:
    """Takes the messages of a capture in order, and says at any moment what they amount to."""

    def add(self, observed: Observed) -> None:
        """Take one more message; positions must come without gaps, from 0."""
        raise NotImplementedError

    def conversations(self, now_ns: int) -> Conversations:
        """What the messages so far amount to; ``now_ns`` is the time of the last packet, of whatever kind."""
        raise NotImplementedError
