"""Making things on another thread, a little ahead of whoever takes them."""

import threading
from collections.abc import Generator, Iterable
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")


class _End:
    """Nothing comes any more; ``error`` is why, if something went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterable[T], waiting: int) -> Generator[T]:
    """The ``items`` in their order, with up to ``waiting`` of them made already. What making one raises, taking it raises.

    Who stops taking (`close` of the iterator) waits until the one is made that is being made.
    """
    made: SimpleQueue[T | _End] = SimpleQueue()
    room = threading.Semaphore(waiting)
    unwanted = threading.Event()

    def make() -> None:
        try:
            for item in items:
                made.put(item)
                room.acquire()
                if unwanted.is_set():
                    return
        except BaseException as error:  # raised again where the item would have been
            made.put(_End(error))
        else:
            made.put(_End(None))
        finally:
            if isinstance(items, Generator):
                items.close()  # what it holds open is let go of here and now

    thread = threading.Thread(target=make, name="sipview-index", daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            room.release()
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        room.release()
        thread.join()
