"""Picks a front end: the window, or the command line."""


def main() -> int:
    """Run sipview as the command line says; returns the exit status."""
    raise NotImplementedError


def window_main() -> int:
    """Open the window, whatever was typed; returns the exit status."""
    raise NotImplementedError
