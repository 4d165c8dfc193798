"""The interfaces of all capture files under one numbering."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sipview.capture import CaptureFile, Interface

_MOST = 1 << 16


class Interfaces:
    """Gives each interface that a file describes a position in ``known``, in the order in which they were described."""

    def __init__(self, files: Sequence[CaptureFile]) -> None:
        self.known: list[tuple[CaptureFile, Interface]] = []
        self._files = list(files)
        self._numbers: list[npt.NDArray[np.uint16]] = [np.empty(0, np.uint16) for _ in files]

    def add_file(self, file: CaptureFile) -> None:
        """Another file, behind the others."""
        self._numbers.append(np.empty(0, np.uint16))
        self._files.append(file)

    def numbers(self, file: int) -> npt.NDArray[np.uint16]:
        """The positions in ``known`` of those that the file at that position has described so far."""
        numbers, source = self._numbers[file], self._files[file]
        if numbers.size < len(source.interfaces):
            for interface in source.interfaces[numbers.size :]:
                if len(self.known) < _MOST:
                    self.known.append((source, interface))
                numbers = np.append(numbers, np.uint16(len(self.known) - 1))
            self._numbers[file] = numbers
        return numbers
