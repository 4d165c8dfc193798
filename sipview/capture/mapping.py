"""A file's bytes as one array, which grows when the file does."""

import contextlib
import mmap
import os
from typing import BinaryIO

import numpy as np
import numpy.typing as npt


class Mapping:
    """An open file, mapped into memory. Owns ``file`` and closes it.

    ``data`` is replaced when the file has grown (`refresh`); arrays taken from it before stay valid until `close`.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._map: mmap.mmap | None = None
        self.data: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self.refresh()

    @property
    def size(self) -> int:
        """Bytes mapped."""
        return self.data.size

    @property
    def descriptor(self) -> int:
        """The number by which the operating system knows the open file."""
        return self._file.fileno()

    def size_on_disk(self) -> int:
        """Bytes that the file has now."""
        return os.fstat(self._file.fileno()).st_size

    def refresh(self) -> bool:
        """Map what was appended since; whether there was anything. A file that shrank keeps its mapping (see `shrank`)."""
        size = self.size_on_disk()
        if size <= self.data.size:
            return False
        self._map = mmap.mmap(self._file.fileno(), size, access=mmap.ACCESS_READ)
        self.data = np.frombuffer(self._map, np.uint8)
        return True

    def shrank(self) -> bool:
        """Whether the file is shorter than its mapping: touching the missing bytes would end the process (SIGBUS)."""
        return self.size_on_disk() < self.data.size

    def close(self) -> None:
        """Let go of the file. Where somebody still holds an array, the mapping goes with that array."""
        self.data = np.empty(0, np.uint8)
        if self._map is not None:
            with contextlib.suppress(BufferError):  # an array of a reader is alive; closing under it would crash
                self._map.close()
            self._map = None
        self._file.close()
