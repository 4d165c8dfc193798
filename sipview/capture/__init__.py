"""Capture files: where each packet's bytes are, when they were captured, on which interface.

In: paths. Out: batches of (offset, time, lengths, interface) as numpy arrays, and the bytes of one packet on demand. Reads
pcap and pcapng, plain or compressed; a lying length, a cut record, a file that is no capture is a `Problem` with its
byte offset. Never looks into a packet. `writing` writes packets into a file again; whoever only reads does without it.
"""

from sipview.capture.failure import CaptureError
from sipview.capture.gather import Bytes, Positions, gather
from sipview.capture.merging import Part, merge
from sipview.capture.opening import open_capture
from sipview.capture.records import CaptureFile, Comment, Interface, RecordBatch

__all__ = [
    "Bytes",
    "CaptureError",
    "CaptureFile",
    "Comment",
    "Interface",
    "Part",
    "Positions",
    "RecordBatch",
    "gather",
    "merge",
    "open_capture",
]
