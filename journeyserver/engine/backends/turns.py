"""Who may write next."""

import threading
from collections import deque


class Turns:
    """A lock that is given in the order in which it was asked for, so that an import does not keep live events out."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._line: deque[object] = deque()

    def __enter__(self) -> None:
        mine = object()
        with self._changed:
            self._line.append(mine)
            try:
                self._changed.wait_for(lambda: self._line[0] is mine)
            except BaseException:
                self._line.remove(mine)
                self._changed.notify_all()
                raise

    def __exit__(self, *failure: object) -> None:
        with self._changed:
            self._line.popleft()
            self._changed.notify_all()
