"""What is checked in: nothing of the machines it was made on, and what the README refers to."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.needs import CHECKOUT, require_tool

# Written so that this file does not hold what it looks for.
FOREIGN = re.compile(
    "|".join([r"/work" + r"/", r"/root" + r"/", r"/home" + r"/\w", r"[A-Z]:\\Users" + r"\\", r"pypi" + r"\.org"])
)


def checked_in() -> list[Path]:
    """The files that git keeps; the test is skipped in an unpacked source distribution."""
    if not (CHECKOUT / ".git").exists():
        pytest.skip("not a git checkout")
    command = [require_tool("git"), "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True).stdout
    return [path for name in listing.split(b"\0") if name and (path := CHECKOUT / name.decode()).is_file()]


def test_no_file_speaks_of_folders_of_a_machine_or_of_an_index() -> None:
    found = []
    for path in checked_in():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # a capture or a picture
        lines = enumerate(content.decode("utf-8").splitlines(), 1)
        found += [f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}" for number, line in lines if FOREIGN.search(line)]
    assert not found


@pytest.mark.parametrize("page", ["README.md", "resources/samples/README.md"])
def test_what_a_page_links_to_is_there(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    missing = [link for link in links if not (CHECKOUT / page).parent.joinpath(link).exists()]
    assert not missing


def test_every_sample_is_described_and_every_description_has_its_sample() -> None:
    folder = CHECKOUT / "resources" / "samples"
    described = set(re.findall(r"`([^`]+\.pcap(?:ng)?)`", (folder / "README.md").read_text(encoding="utf-8")))
    assert described == {path.name for path in folder.iterdir() if path.suffix in {".pcap", ".pcapng"}}
