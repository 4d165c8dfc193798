"""Many messages skimmed at once: in a process beside this one, since Python skims on one processor only.

In: the bytes of messages. Out: their `sip.Facts`, in the same order. Knows nothing of captures; whoever has few messages skims
them without it.
"""

from typing import TYPE_CHECKING

# The process itself needs none of what starts it, and is there earlier without (PEP 562).
if TYPE_CHECKING:
    from sipview.skimming.skimmer import Skimmer, Skimming, skim_all

__all__ = ["Skimmer", "Skimming", "skim_all"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sipview.skimming import skimmer  # noqa: PLC0415

    found = globals()[name] = getattr(skimmer, name)
    return found
