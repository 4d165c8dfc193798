"""Where sipview is installed: its resources, its folders, its versions.

In: nothing. Out: paths and version texts. Only `session` and the front ends ask; domain rooms are handed what they need.
"""

import sys
from functools import cache
from pathlib import Path

# `platformdirs` is imported where it is asked: that costs 5 ms, and most commands need no folder of the user's.

__all__ = ["config_folder", "data_folder", "resource_path", "resource_text", "spool_folder", "version"]


@cache
def _resources() -> Path:
    """The folder of the bundled resources: in a frozen program, in a wheel, in a checkout (the first that exists)."""
    package = Path(__file__).resolve().parent.parent
    frozen = getattr(sys, "_MEIPASS", None)
    candidates = [package / "resources", package.parent / "resources"]
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "resources")
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the resources of sipview are not in any of {', '.join(map(str, candidates))}")


def resource_path(name: str) -> Path:
    """The path of a bundled file such as ``icons/open.svg``. Raises `FileNotFoundError` where it is not bundled."""
    path = _resources() / name
    if not path.exists():
        raise FileNotFoundError(f"{name} is not among the resources of sipview in {_resources()}")
    return path


def resource_text(name: str) -> str:
    """The text (UTF-8) of a bundled file."""
    return resource_path(name).read_text(encoding="utf-8")


def config_folder() -> Path:
    """The user's settings folder for sipview; not created here."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_config_path("sipview", appauthor=False)


def data_folder() -> Path:
    """The user's data folder for sipview; not created here."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_data_path("sipview", appauthor=False)


def spool_folder() -> Path:
    """The folder for working copies (unpacked captures, running captures); not created here."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_cache_path("sipview", appauthor=False)


def version() -> str:
    """The version of sipview, from its package's metadata; from a checkout that is not installed, ``0+checkout``."""
    from importlib import metadata  # noqa: PLC0415 - costs 15 ms, and hardly any command asks

    try:
        return metadata.version("sipview")
    except metadata.PackageNotFoundError:
        return "0+checkout"
