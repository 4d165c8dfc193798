"""Nouns that every room says: an endpoint, a moment, a problem, a wish to stop.

In: nothing. Out: small frozen values, valid from birth. Knows no other room.

Time is an integer number of nanoseconds since the epoch everywhere (`time_ns`); seconds exist only in texts.
"""

from sipview.values.cancel import Cancelled, CancelToken
from sipview.values.cells import cells, cut_to_cells
from sipview.values.endpoint import Endpoint
from sipview.values.problem import Problem
from sipview.values.timestamp import NANOSECONDS, epoch_text, seconds
from sipview.values.transport import Transport
from sipview.values.visible import visible

__all__ = [
    "NANOSECONDS",
    "CancelToken",
    "Cancelled",
    "Endpoint",
    "Problem",
    "Transport",
    "cells",
    "cut_to_cells",
    "epoch_text",
    "seconds",
    "visible",
]
