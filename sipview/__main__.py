import sys

_PROCESS = "--live-"  # so begin the words that `sipview.live.processes` knows


def _main() -> int:
    # A frozen sipview has no other program to start than itself, and a capture engine must not load a window.
    words = sys.argv[1:]
    if words and words[0].startswith(_PROCESS):
        from sipview.live.processes import run_as  # noqa: PLC0415

        status = run_as(words)
        if status is not None:
            return status
    from sipview.app import main  # noqa: PLC0415

    return main()


if __name__ == "__main__":
    sys.exit(_main())
