"""What all tests of this room need."""

from tests.support.captures import captures_are_closed

__all__ = ["captures_are_closed"]
