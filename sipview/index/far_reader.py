"""The process that reads the later part of a capture: the other end of `far_half`."""

import sys
import threading
from pathlib import Path
from typing import IO

from sipview.capture import CaptureError, open_capture
from sipview.index.far_half import write_message
from sipview.index.reading import MakeDigest, Reading
from sipview.values import CancelToken


def serve(path: Path, share: float, digest: MakeDigest, out: IO[bytes]) -> None:
    """Read the last ``share`` of a capture file (0.0 to 1.0) and write it to ``out`` as `far_half` takes it.

    Digests are sent as plain tuples. Ends when standard input does: then nobody waits any more.
    """
    cancel = CancelToken()
    threading.Thread(target=_until_nobody_waits, args=(cancel,), daemon=True).start()
    try:
        file = open_capture(path, path.parent)
    except CaptureError:
        return
    start = file.record_behind(int(file.size * (1 - share)))
    if start is None:
        return
    write_message(out, {"start": start})
    file.go_to(start)
    reading = Reading([file], digest=digest)
    told = 0
    for peeled in reading.peeled(cancel):
        rows, offsets, sizes, digests = reading.digest_datagrams(peeled.columns)
        addresses = reading.index.addresses
        known = len(addresses)  # the other thread goes on learning new ones
        batch = peeled.parts[0].batch
        write_message(
            out,
            {
                "columns": {name: (values.dtype.str, values.tobytes()) for name, values in peeled.columns.items()},
                "addresses": addresses[told:known],
                "rows": rows.tobytes(),
                "offsets": offsets,
                "sizes": sizes,
                "digests": [tuple(digest) for digest in digests],
                "fragments": [[(part.dtype.str, part.tobytes()) for part in parts] for parts in peeled.fragments],
                "end": batch.bytes_read,
                "done": batch.bytes_read / file.size,
            },
        )
        told = known
    write_message(out, {"problems": [tuple(problem) for problem in file.problems]})


def _until_nobody_waits(cancel: CancelToken) -> None:
    sys.stdin.buffer.read()
    cancel.cancel()
