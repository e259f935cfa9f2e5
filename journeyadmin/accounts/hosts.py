"""Which addresses a connection may have: the regions, what the operator listed, and the one embedded server."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

_USUAL = {"https": 443, "http": 80}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def origin(url: str) -> str:
    """`https://host[:port]` of an address, or nothing if it is more or less than that."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        return ""
    if port == 0 or parts.path not in {"", "/"} or parts.query or parts.fragment:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port not in (None, _USUAL[parts.scheme]) else ''}"


def refusal(url: str, *, typed_hosts: Collection[str], embedded_server: str) -> str:
    """Why a typed address is refused, in a sentence; empty when it is fine."""
    own = origin(url)
    if not own:
        return _("Type only the scheme and the host, for example https://api.example.com.")
    parts = urlsplit(own)
    host = parts.hostname or ""
    if host in LOOPBACK:
        embedded = urlsplit(origin(embedded_server))
        if embedded.hostname in LOOPBACK and (parts.scheme, parts.port) == (embedded.scheme, embedded.port):
            return ""
        return _(
            "An address of this computer is taken only for the embedded server named in JOURNEYADMIN_EMBEDDED_SERVER."
        )
    if parts.scheme != "https":
        return _("The address must begin with https://.")
    if own == origin(embedded_server):
        return ""
    if _is_private(host):
        return (
            _(
                "%s is an address of a private network. Only the embedded server may have one, named in JOURNEYADMIN_EMBEDDED_SERVER."
            )
            % host
        )
    # A listed host is listed with its usual port; another one is another service.
    listed = host if parts.port is None else f"{host}:{parts.port}"
    if listed not in typed_hosts:
        return (
            _("%s is not on the operator's list. Ask for it to be added to JOURNEYADMIN_TYPED_HOSTS.")
            % listed
        )
    return ""


def _is_private(host: str) -> bool:
    """Whether it is the number of a computer that the public network does not lead to. What a name leads to is the operator's to know."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False
