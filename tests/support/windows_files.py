"""Files as Windows has them, on Linux: what somebody has open cannot be deleted, replaced or, where it is mapped, cut.

with as_on_windows(tmp_path) as refused:   # this process, and the Python processes that it starts
    ...
assert refused() == []                     # all that was refused, as "remove PATH"

Who has a file open is asked of /proc, so it holds across processes. A folder that is the working folder of a process cannot be
deleted either. Handles that Windows would share for deletion (FILE_SHARE_DELETE) do not exist in Python.
"""

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.needs import CHECKOUT

_LOG = "SIPVIEW_TEST_REFUSED"
_START = """
import os, sys
sys.path.append({checkout!r})
from tests.support.windows_files import replace_functions
sys.path.remove({checkout!r})
replace_functions(setattr)
"""


@contextmanager
def as_on_windows(folder: Path) -> Iterator[Callable[[], list[str]]]:
    """While this lasts, files are as on Windows; gives a function that tells what was refused. ``folder`` is for its notes."""
    if sys.platform != "linux":
        pytest.skip("who has a file open is asked of /proc")
    log = folder / "refused.txt"
    start = folder / "start"
    start.mkdir()
    (start / "sitecustomize.py").write_text(_START.format(checkout=str(CHECKOUT)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(_LOG, str(log))
        patch.setenv("PYTHONPATH", str(start))
        replace_functions(patch.setattr)
        yield lambda: log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def replace_functions(put: Callable[[Any, str, Any], object]) -> None:
    """Put functions that refuse what Windows refuses in place of those of this process."""
    put(shutil, "_use_fd_functions", False)  # it deletes by name then, as on Windows
    for name in ("remove", "unlink", "replace", "rename", "rmdir"):
        put(os, name, _refusing(name, getattr(os, name)))
    put(os, "truncate", _not_while_mapped(os.truncate))


def _refusing(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*paths: Any, **options: Any) -> Any:
        for path in paths:
            if _is_open(os.path.realpath(path)):
                _refuse(name, path)
        return do(*paths, **options)

    return checked


def _not_while_mapped(do: Callable[..., Any]) -> Callable[..., Any]:
    def checked(path: Any, length: int) -> Any:
        if length < os.stat(path).st_size and _is_mapped(os.path.realpath(path)):
            _refuse("truncate", path)
        return do(path, length)

    return checked


def _refuse(name: str, path: Any) -> None:
    with open(os.environ[_LOG], "a", encoding="utf-8") as log:
        log.write(f"{name} {os.path.realpath(path)}\n")
    raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used by another process", path)


def _is_open(path: str) -> bool:
    """Whether a process has the file open (a mapping of Python keeps it open), or works in the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(process / "cwd") == path:
                return True
            for descriptor in os.listdir(process / "fd"):
                with suppress(OSError):
                    if os.readlink(process / "fd" / descriptor) == path:
                        return True
    return False


def _is_mapped(path: str) -> bool:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if path in (process / "maps").read_text(encoding="utf-8", errors="surrogateescape"):
                return True
    return False
