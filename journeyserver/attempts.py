"""Failed sign-ins and how long they make the next one wait (OWASP ASVS 2.2.1).

Counted three ways: per account and address, which stops guessing one password; per address, which stops trying one
password on many names; and per account from anywhere, which stops guessing from many addresses.
"""

import ipaddress
import logging
from collections.abc import Iterator

from journeyserver.limits import Windows
from journeyserver.models import digest

log = logging.getLogger("journeyserver.signin")

_PER_ADDRESS = 10
_PER_ACCOUNT = 10


def _network(address: str) -> str:
    """What one guesser holds: an IPv4 address, or the 64 bits of IPv6 that a household is given (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


class Attempts:
    """`allowed` failures per account and address in five minutes, ten times as many per address in five minutes and
    per account in an hour. 0 switches the limits off."""

    def __init__(self, allowed: int) -> None:
        self._pairs = Windows(allowed, 300)
        self._addresses = Windows(allowed * _PER_ADDRESS, 300)
        self._accounts = Windows(allowed * _PER_ACCOUNT, 3600)

    def _counted(self, kind: str, account: str, address: str) -> Iterator[tuple[Windows, str]]:
        address = _network(address)
        # Digests, so that a name of a megabyte is not kept.
        name = digest(f"{kind} {account}")
        yield self._pairs, f"{name} {address}"
        yield self._addresses, address
        yield self._accounts, name

    def wait(self, kind: str, account: str, address: str) -> int:
        """Seconds until another attempt is listened to; 0 for at once."""
        counts = [window.look(key) for window, key in self._counted(kind, account, address)]
        return max(
            (count.reset for count in counts if count.allowed and count.used >= count.allowed), default=0
        )

    def failed(self, kind: str, account: str, address: str, *, known: bool) -> None:
        """Counts a failure. The log names accounts that exist only: what else is typed there may be a password."""
        for window, key in self._counted(kind, account, address):
            window.add(key)
        log.warning("sign-in failed: %s %s from %s", kind, account if known else "unknown", address)

    def succeeded(self, kind: str, account: str, address: str) -> None:
        """Forgets the failures of this account from this address; what others tried still counts."""
        window, key = next(self._counted(kind, account, address))
        window.forget(key)
        log.info("signed in: %s %s from %s", kind, account, address)
