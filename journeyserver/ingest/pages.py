"""The parts of a page's address. Pure, and total: any text has parts, a broken address fewer of them.

Splitting follows RFC 3986, appendix B, whose expression matches every text: a log holds addresses that
urllib.parse.urlsplit refuses (`http://[::1`). https://www.rfc-editor.org/rfc/rfc3986#appendix-B
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList

COLUMNS = ("page_hostname", "page_domain", "page_pathname", "page_query_string", "page_fragment")

_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_PORT = re.compile(r":\d*\Z")


@dataclass(frozen=True)
class Address:
    """An address in parts; what it does not have is empty. `query` has no `?`, `fragment` no `#`."""

    scheme: str = ""
    hostname: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""

    @property
    def domain(self) -> str:
        return registrable_domain(self.hostname)


@lru_cache(maxsize=16_384)
def split(url: str) -> Address:
    """The address in parts: scheme and host in lower case, without user name and port."""
    found = _URL.match(url.strip())
    if found is None:  # cannot be: every part of the expression may be empty
        return Address()
    scheme, authority, path, query, fragment = (part or "" for part in found.groups())
    host = authority.rpartition("@")[2].lower()
    # A host in brackets is an IPv6 address, whose colons begin no port.
    host = host[1:].partition("]")[0] if host.startswith("[") else _PORT.sub("", host).rstrip(".")
    return Address(scheme.lower(), host, path, query, fragment)


def parts(page_url: str) -> tuple[str | None, ...]:
    """A value for each of COLUMNS. A page at a host without a path is at `/`, as browsers say."""
    address = split(page_url)
    path = address.path or ("/" if address.hostname else "")
    return tuple(
        part or None for part in (address.hostname, address.domain, path, address.query, address.fragment)
    )


@lru_cache(maxsize=16_384)
def registrable_domain(hostname: str) -> str:
    """What its owner registered: `shop.example.co.uk` → `example.co.uk`, by the Public Suffix List.

    A host that is itself a public suffix, a single name or an IP address stays as it is.
    https://publicsuffix.org/list/
    """
    if _is_ip(hostname) or "." not in hostname:
        return hostname
    found: str | None = _suffixes().privatesuffix(hostname)
    return found or hostname


def _is_ip(hostname: str) -> bool:
    try:
        ip_address(hostname)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
