"""Capture files: where each packet's bytes are, when they were captured, on which interface.

In: paths. Out: batches of (offset, time, lengths, interface) as numpy arrays, and the bytes of one packet on demand. Reads
pcap and pcapng, plain or compressed; a lying length, a cut record, a file that is no capture is a `Problem` with its
byte offset. Never looks into a packet.
"""

from sipview.capture.failure import CaptureError
from sipview.capture.gather import Bytes, Positions, gather
from sipview.capture.merging import Part, merge
from sipview.capture.opening import open_capture
from sipview.capture.records import CaptureFile, Comment, Interface, RecordBatch
from sipview.capture.writing import About, Described, Rows, Statistics, Written, write_capture, write_rows

__all__ = [
    "About",
    "Bytes",
    "CaptureError",
    "CaptureFile",
    "Comment",
    "Described",
    "Interface",
    "Part",
    "Positions",
    "RecordBatch",
    "Rows",
    "Statistics",
    "Written",
    "gather",
    "merge",
    "open_capture",
    "write_capture",
    "write_rows",
]
