"""The slow questions of the support package: what would be in it, and write it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sipview.export.package import Packed, Part, refuse_to_replace, size_of, write_package
from sipview.gui.jobs import Report
from sipview.live import InterfaceList, WorkingCopy, list_interfaces
from sipview.session import Analysis
from sipview.session.support_package import PackageWish, package_parts


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """What would be packed. ``sizes`` are those of the first parts, as far as they are found out."""

    wish: PackageWish
    parts: tuple[Part, ...]
    sizes: tuple[int, ...]
    moment: datetime
    listed: InterfaceList

    @property
    def measured(self) -> bool:
        """Whether all sizes are known."""
        return len(self.sizes) == len(self.parts)


@dataclass(frozen=True, slots=True)
class PlanPackage:
    """Find out what would be in a package; shows a `PackagePlan` now and then.

    ``listed`` are the interfaces of this computer, None where nobody has asked for them yet.
    """

    analysis: Analysis
    wish: PackageWish
    copy: WorkingCopy | None
    listed: InterfaceList | None

    def run(self, report: Report) -> PackagePlan:
        """The plan with all sizes. Raises `values.Cancelled`."""
        moment = datetime.now().astimezone()
        listed = self.listed or list_interfaces()
        report.cancel.check()
        parts = package_parts(self.analysis, self.wish, listed, moment, report.cancel, self.copy)
        plan = PackagePlan(self.wish, parts, (), moment, listed)
        report.show(plan)
        for part in parts:
            plan = replace(plan, sizes=(*plan.sizes, size_of(part, report.cancel)))
        return plan


@dataclass(frozen=True, slots=True)
class WritePackage:
    """Write the package that was planned; shows how many bytes are packed. ``sources`` must not be written over."""

    parts: Sequence[Part]
    moment: datetime
    sources: tuple[Path, ...]
    path: Path

    def run(self, report: Report) -> tuple[Packed, ...]:
        """What was packed. Raises `export.ExportError`, `capture.CaptureError`, `values.Cancelled`."""
        refuse_to_replace(self.path, self.sources)
        return write_package(self.path, self.parts, self.moment, report.cancel, report.show)
