"""A coverage-guided fuzzer over the targets of this folder. It needs atheris, which the tests do without.

    pip install atheris
    python -m tests.fuzz.fuzz_capture CORPUS -max_total_time=600

CORPUS is a folder; where it is empty it is filled with good input first, and what reaches new code is added to it. The other
words are libFuzzer's. It ends with the first defect, and writes the input that shows it to the folder it runs in; that is run
again by giving the file in place of CORPUS.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(words: list[str]) -> None:
    """Fuzz until libFuzzer ends the process."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["sipview"]):
        targets = import_module("tests.fuzz.targets")
    folders = [Path(word) for word in words if not word.startswith("-")]
    if folders and not folders[0].is_file():
        folders[0].mkdir(parents=True, exist_ok=True)
        if not any(folders[0].iterdir()):
            for number, data in enumerate(targets.corpus()):
                (folders[0] / f"good-{number:03}").write_bytes(data)
    atheris.Setup([sys.argv[0], *words], targets.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
