"""Live capture: which interfaces there are, and an engine that writes what passes on them to files.

In: an order (`Order`: what to capture where, limits, a ring of files). Out: files that grow, one for each interface, and events
with counters (`Capture`). The engine is a process of its own, in which packets go from the kernel to the file inside libpcap;
whoever shows them reads the files. This room never decodes a packet, and never asks where sipview keeps its files: it is told.
Saving the files of a finished capture as one is `live.saving` (imported apart, as it needs numpy).
"""

from sipview.live.activity import Activity, Passed
from sipview.live.answering import FilterAnswer
from sipview.live.asking import check_filter, list_interfaces
from sipview.live.filters import FilterFault
from sipview.live.interfaces import CaptureInterface, InterfaceList
from sipview.live.locking import InUse
from sipview.live.orders import (
    ENDED_AS_ORDERED,
    Choice,
    Ended,
    Event,
    FileDeleted,
    FileOpened,
    Limits,
    Notice,
    Order,
    Progress,
    Ring,
    Source,
    Started,
    TapState,
)
from sipview.live.presets import PRESETS, Preset
from sipview.live.running import Capture
from sipview.live.working_copy import WorkingCopy, begin, being_written, claim, recoverable

__all__ = [
    "ENDED_AS_ORDERED",
    "PRESETS",
    "Activity",
    "Capture",
    "CaptureInterface",
    "Choice",
    "Ended",
    "Event",
    "FileDeleted",
    "FileOpened",
    "FilterAnswer",
    "FilterFault",
    "InUse",
    "InterfaceList",
    "Limits",
    "Notice",
    "Order",
    "Passed",
    "Preset",
    "Progress",
    "Ring",
    "Source",
    "Started",
    "TapState",
    "WorkingCopy",
    "begin",
    "being_written",
    "check_filter",
    "claim",
    "list_interfaces",
    "recoverable",
]
