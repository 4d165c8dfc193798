"""The commands of the README, as somebody types them who reads it for the first time."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.captures import sip
from tests.support.needs import CHECKOUT

SAMPLE = CHECKOUT / "resources" / "samples" / "small-office.pcap"
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.strip().partition("  ")[0]
    for line in README.partition("The same from a script")[2].partition("\n## ")[0].splitlines()
    if line.startswith("    sipview ")
]


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) > 8
    assert SAMPLE.relative_to(CHECKOUT).as_posix() in README


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith("sipview capture ")])
def test_what_the_readme_shows_works_on_the_sample(tmp_path: Path, command: str) -> None:
    shutil.copy(SAMPLE, tmp_path / "office.pcap")
    words = shlex.split(command)[1:]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "sipview", *words], cwd=tmp_path, input=sip("INVITE"), capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    # A machine may have nothing to capture on; that is told.
    assert done.returncode == 0 or words == ["interfaces"], done.stderr
    assert done.stdout
    if "-o" in words:
        assert (tmp_path / words[words.index("-o") + 1]).stat().st_size > 1000


def test_the_samples_that_are_named_are_there() -> None:
    for line in README.splitlines():
        for word in line.replace("`", " ").replace("(", " ").replace(")", " ").split():
            if word.startswith("resources/"):
                assert (CHECKOUT / word.rstrip(".,:;")).exists(), word
