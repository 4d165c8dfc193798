"""The capture that a benchmark measures: one that is named, or one that is generated."""

import argparse
from pathlib import Path

from tests.support import traffic


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """The parser of a benchmark that tells its module's docstring."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def add_capture(parser: argparse.ArgumentParser) -> None:
    """Take a capture, or how large a one is to be generated."""
    parser.add_argument("capture", type=Path, nargs="?")
    parser.add_argument("--packets", type=int, default=2_000_000)
    parser.add_argument("--sip", type=int, default=33_000)


def capture_of(chosen: argparse.Namespace, folder: Path) -> Path:
    """The capture that was named; else one is generated in this folder."""
    named: Path | None = chosen.capture
    if named is not None:
        return named
    generated = folder / "traffic.pcap"
    print(f"generating {chosen.packets:,} packets, {chosen.sip:,} of them SIP", flush=True)
    traffic.write(generated, chosen.packets, chosen.sip)
    return generated
