"""Many messages skimmed at once: in a process beside this one, since Python skims on one processor only.

In: the bytes of messages. Out: their `sip.Facts`, in the same order. Knows nothing of captures; whoever has few messages skims
them without it.
"""

from sipview.skimming.skimmer import Skimmer, Skimming, skim_all

__all__ = ["Skimmer", "Skimming", "skim_all"]
