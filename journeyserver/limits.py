"""Fixed windows that count: requests per token, failed sign-ins per account and address.

The server is one process, so its counts live in memory; a restart begins anew.
"""

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass

MOST_WINDOWS = 10_000


@dataclass(frozen=True)
class Count:
    """How a window stands: what is allowed, what was used, and whole seconds until it ends."""

    allowed: int
    used: int
    reset: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.allowed


class Windows:
    """One fixed window per key. `allowed` 0 switches the limit off."""

    def __init__(self, allowed: int, seconds: int) -> None:
        self.allowed = allowed
        self.seconds = seconds
        self._starts: dict[Hashable, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def add(self, key: Hashable, amount: int = 1) -> Count:
        """Counts one more for this key and says how its window stands."""
        instant = time.monotonic()
        with self._lock:
            start, used = self._starts.get(key, (instant, 0))
            if instant - start >= self.seconds:
                start, used = instant, 0
            used += amount
            if used:
                self._starts[key] = (start, used)
            if len(self._starts) > MOST_WINDOWS:
                self._forget(instant)
        return Count(self.allowed, used, max(1, int(start + self.seconds - instant + 0.999)))

    def look(self, key: Hashable) -> Count:
        """How the window of this key stands, without counting."""
        return self.add(key, 0)

    def forget(self, key: Hashable) -> None:
        with self._lock:
            self._starts.pop(key, None)

    def _forget(self, instant: float) -> None:
        """Drops what is over, and the oldest half where nothing is: memory is bounded whatever is asked."""
        over = [key for key, (start, _) in self._starts.items() if instant - start >= self.seconds]
        for key in over or list(self._starts)[: MOST_WINDOWS // 2]:
            del self._starts[key]
