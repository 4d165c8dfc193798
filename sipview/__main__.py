import sys

from sipview.live.processes import ANSWERING, ENGINE


def _main() -> int:
    # A frozen sipview has no other program to start than itself; these two must neither wait for a window nor load one.
    if sys.argv[1:2] == [ENGINE]:
        from sipview.live.engine import main as engine  # noqa: PLC0415

        return engine()
    if sys.argv[1:2] == [ANSWERING]:
        from sipview.live.answering import main as answering  # noqa: PLC0415

        return answering()
    from sipview.app import main  # noqa: PLC0415

    return main()


if __name__ == "__main__":
    sys.exit(_main())
