"""Commands whose modules are loaded only when they are asked for: a list of calls does without the capture engine."""

import argparse

from sipview.cli.command import Command


def _add_interfaces_arguments(parser: argparse.ArgumentParser) -> None:
    from sipview.cli import capturing  # noqa: PLC0415

    capturing.add_interfaces_arguments(parser)


def _interfaces(options: argparse.Namespace) -> int:
    from sipview.cli import capturing  # noqa: PLC0415

    return capturing.interfaces(options)


def _add_capture_arguments(parser: argparse.ArgumentParser) -> None:
    from sipview.cli import capturing  # noqa: PLC0415

    capturing.add_capture_arguments(parser)


def _capture(options: argparse.Namespace) -> int:
    from sipview.cli import capturing  # noqa: PLC0415

    return capturing.capture(options)


def _add_package_arguments(parser: argparse.ArgumentParser) -> None:
    from sipview.cli import packaging  # noqa: PLC0415

    packaging.add_package_arguments(parser)


def _package(options: argparse.Namespace) -> int:
    from sipview.cli import packaging  # noqa: PLC0415

    return packaging.package(options)


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def _where(options: argparse.Namespace) -> int:
    from sipview.cli import where  # noqa: PLC0415

    return where.where(options)


COMMANDS = (
    Command(
        "interfaces", "what can be captured on, or why not",
        "What can be captured on, by the names that sipview capture -i takes; and of the others, why not.",
        "sipview interfaces --json", _add_interfaces_arguments, _interfaces,
    ),
    Command(
        "capture", "capture into a file, without a window",
        "Captures into a file until Ctrl+C ends it, or a limit, or a call that fails; on this computer, over SSH on another, "
        "or what HEP agents send.",
        "sipview capture -i eth0 -w fault.pcapng --preset sip", _add_capture_arguments, _capture,
    ),
    Command(
        "package", "all that a support desk asks for, in one ZIP archive",
        "A capture, or calls of it, with all that a support desk asks for: the list of calls, the ladders of those that did "
        "not succeed, figures, and facts about this computer.",
        "sipview package office.pcap -o case.zip --call 3", _add_package_arguments, _package,
    ),
    Command(
        "where", "versions, folders and the capture library, for bug reports",
        "Versions, folders and the capture library, for bug reports.", "sipview where", _no_arguments, _where,
    ),
)  # fmt: skip
