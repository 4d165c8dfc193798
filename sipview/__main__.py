import sys

from sipview.live.processes import run_as


def _main() -> int:
    # A frozen sipview has no other program to start than itself, and a capture engine must not load a window.
    status = run_as(sys.argv[1:])
    if status is not None:
        return status
    from sipview.app import main  # noqa: PLC0415

    return main()


if __name__ == "__main__":
    sys.exit(_main())
