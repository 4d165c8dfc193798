"""How many messages sipview, tshark and sngrep find in each trap, side by side.

    python -m tests.benchmarks.traps

tshark twice: as it is, and with the options that its users have to know (TCP segments out of order; the key log it
has in both). sngrep writes the packets that it took for SIP into a capture, where tshark counts them: sngrep knows one
message a packet.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sipview.session import Analysis, Reading
from sipview.values import CancelToken
from tests.support.traps import Trap, traps

_KNOWING = (
    "-o", "tcp.reassemble_out_of_order:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE", "-o", "ip.defragment:TRUE",
    "-o", "ipv6.defragment:TRUE",
)  # fmt: skip
_TIME_S = 60
_BETWEEN = "\x1f"


def by_sipview(capture: Path, key_log: Path) -> int:
    """The messages that sipview finds."""
    analysis = Analysis([capture], capture.parent / "spool", reading=Reading(key_log=key_log))
    try:
        return len(analysis.load(CancelToken()).messages)
    finally:
        analysis.close()


def by_tshark(capture: Path, options: Sequence[str] = (), *, packets: bool = False) -> int:
    """The messages that tshark finds: a packet may hold several; or the ``packets`` that hold any."""
    command = ["tshark", "-n", "-r", str(capture), *options, "-Y", "sip", "-T", "fields", "-e", "sip.CSeq"]
    command += ["-E", f"aggregator={_BETWEEN}", "-E", "occurrence=a"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIME_S, check=False)
    return sum(1 if packets else len(line.split(_BETWEEN)) for line in done.stdout.split("\n") if line)


def by_sngrep(capture: Path) -> int | None:
    """The messages that sngrep writes, or None where it is not installed. It takes RSA keys, but no key log."""
    if shutil.which("sngrep") is None:
        return None
    written = capture.with_name("sngrep.pcap")
    written.unlink(missing_ok=True)
    command = ["sngrep", "-N", "-q", "-I", str(capture), "-O", str(written)]
    subprocess.run(command, capture_output=True, timeout=_TIME_S, check=False, stdin=subprocess.DEVNULL)
    return by_tshark(written, _KNOWING, packets=True) if written.exists() else 0


def row(trap: Trap, folder: Path) -> tuple[str, ...]:
    """One line of the table."""
    capture, log = folder / "trap.pcap", folder / "keys.log"
    capture.write_bytes(trap.pcap)
    log.write_bytes(trap.key_log)
    secrets = ("-o", f"tls.keylog_file:{log}") if trap.key_log else ()
    counts = (
        by_sipview(capture, log), by_tshark(capture, secrets), by_tshark(capture, (*_KNOWING, *secrets)),
        by_sngrep(capture),
    )  # fmt: skip
    return (trap.name, str(trap.messages), *("-" if count is None else str(count) for count in counts))


def main() -> int:
    """Print the table; the status is 1 where sipview is not right."""
    if shutil.which("tshark") is None:
        print("tshark is not installed", file=sys.stderr)
        return 2
    heading = ("trap", "sent", "sipview", "tshark", "tshark+", "sngrep")
    with tempfile.TemporaryDirectory() as name:
        rows = [row(trap, Path(name)) for trap in traps()]
    width = max(len(cells[0]) for cells in rows)
    for cells in (heading, *rows):
        print(cells[0].ljust(width), *(cell.rjust(8) for cell in cells[1:]))
    return int(any(cells[1] != cells[2] for cells in rows))


if __name__ == "__main__":
    sys.exit(main())
