"""What a test needs from outside of Python: it is there, or the test is skipped with the reason; in CI it fails.

A test against the real thing proves nothing where it was skipped. A user's machine need not have tshark, so there the
test steps aside and says why; in CI (environment variable ``CI=true``) `installer/bootstrap.py` installs all of it, and what is
missing there is a failure.
"""

import os
import shutil
import stat
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["CHECKOUT", "in_ci", "require_public_captures", "require_readable_checkout", "require_tool", "skip_or_fail"]

CHECKOUT = Path(__file__).resolve().parent.parent.parent
"""The folder of the checkout (or of the unpacked source distribution)."""


def in_ci() -> bool:
    """Whether these tests run in CI, where nothing may be missing."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


def skip_or_fail(reason: str) -> NoReturn:
    """Skip the running test with this reason; in CI fail it."""
    if in_ci():
        pytest.fail(f"{reason} (in CI it must be there)", pytrace=False)
    pytest.skip(reason)


def require_tool(name: str) -> str:
    """The path of a program such as ``tshark``; where it is not installed the test is skipped, in CI it fails."""
    path = shutil.which(name)
    if path is None:
        skip_or_fail(f"{name} is not installed")
    return path


def require_public_captures() -> Path:
    """The folder with the captures of other projects beside a developer's checkout; elsewhere the test is skipped.

    They belong to others and cannot be handed on, so they are missing in CI too, and that is no failure.
    """
    folder = CHECKOUT.parent / "shared" / "captures" / "public"
    if not folder.is_dir():
        pytest.skip("the captures of other projects are not beside this checkout")
    return folder


def require_readable_checkout() -> None:
    """Skip the test where another user may not read this checkout, and so cannot start sipview from it."""
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in (CHECKOUT, *CHECKOUT.parents)):
        pytest.skip("another user may not read the folder of this checkout")
