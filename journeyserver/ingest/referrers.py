"""Where a visitor came from: medium, search engine or network, and what was searched for. Pure and total.

Search engines and social networks are Matomo's lists (data/NOTICE), matched as Matomo matches them; webmail and paid
clicks, of which it has no list, follow the rules below. Media are the contract's (§11.3): internal, search, social, email,
unknown, paid. Compared with other parsers in docs/parsing.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import yaml

from journeyserver.ingest.pages import Address, registrable_domain, split

COLUMNS = ("referrer_hostname", "referrer_medium", "referrer_keywords")

_DATA = Path(__file__).parent / "data"
# "(hidden)" and the like of no engine, but of proxies and of people who do not wish to be followed.
_NONE = ("", "-", "null", "undefined", "about:blank")

# A paid click by its campaign: Google Analytics' own rule for paid channels
# (support.google.com/analytics/answer/9756891); fbclid marks every link out of Facebook, so it proves nothing.
_PAID_MEDIUM = re.compile(r"(?:.*cp.*|ppc|retargeting|paid.*)\Z", re.IGNORECASE)
_PAID_NETWORKS = ("google", "microsoft")
_AD_DOMAINS = frozenset(
    [
        "adnxs.com",
        "amazon-adsystem.com",
        "criteo.com",
        "doubleclick.net",
        "googleadservices.com",
        "googlesyndication.com",
        "outbrain.com",
        "taboola.com",
    ]
)
_AD_PATHS = ("/aclk", "/aclick", "/pagead/")

# Webmail: a label left of the registered domain says so (mail.yahoo.com, webmail1m.orange.fr), or the host is one of these.
_MAIL_LABEL = re.compile(r"(?:web|e)?mail[0-9]{0,3}[a-z]?\Z|webmail")
_MAIL_HOSTS = frozenset(
    ["outlook.live.com", "outlook.office.com", "outlook.office365.com", "e.mail.ru", "com.google.android.gm"]
)


@dataclass(frozen=True)
class Referrer:
    """`name` is the engine's or network's; what is not known is None. Without a host there is no referrer at all."""

    hostname: str | None = None
    medium: str | None = None
    keywords: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Engine:
    """One definition of a search engine: which parameters hold the terms, and where terms are hidden."""

    name: str
    parameters: tuple[str, ...]
    hidden: tuple[str, ...]
    charsets: tuple[str, ...]


def parts(
    referrer_url: str,
    page_hostname: str | None = None,
    campaign_medium: str | None = None,
    campaign_network: str | None = None,
) -> tuple[str | None, ...]:
    """A value for each of COLUMNS."""
    found = referrer(referrer_url, page_hostname or "", campaign_medium or "", campaign_network or "")
    return found.hostname, found.medium, found.keywords


@lru_cache(maxsize=16_384)
def referrer(
    url: str, page_hostname: str = "", campaign_medium: str = "", campaign_network: str = ""
) -> Referrer:
    """Who sent the visitor to a page at this host; the campaign of that page tells paid clicks from others."""
    address = split(url)
    host = address.hostname
    if not host or url.strip().lower() in _NONE:
        return Referrer()
    if page_hostname and registrable_domain(host) == registrable_domain(page_hostname.lower()):
        return Referrer(host, "internal")
    name, keywords = _search(address)
    if (
        _PAID_MEDIUM.match(campaign_medium)
        or campaign_network in _PAID_NETWORKS
        or registrable_domain(host) in _AD_DOMAINS
        or (name and address.path.startswith(_AD_PATHS))
    ):
        return Referrer(host, "paid", keywords, name)
    if name:
        return Referrer(host, "search", keywords, name)
    if _is_webmail(host):
        return Referrer(host, "email")
    if network := _network(host):
        return Referrer(host, "social", None, network)
    return Referrer(host, "unknown")


def _is_webmail(host: str) -> bool:
    left = host.removesuffix(registrable_domain(host)).split(".")
    return host in _MAIL_HOSTS or any(_MAIL_LABEL.match(label) for label in left)


def _network(host: str) -> str | None:
    """The social network whose domain this host is, or lies under."""
    labels = host.split(".")
    suffixes = (".".join(labels[at:]) for at in range(len(labels)))
    return next((_networks()[suffix] for suffix in suffixes if suffix in _networks()), None)


def _search(address: Address) -> tuple[str | None, str | None]:
    """The engine's name and the terms; an engine's page that is no search (its news, its shop) gives neither."""
    engine = _engine(address)
    if engine is None:
        return None, None
    for parameter in engine.parameters:
        if keywords := _keywords(address, parameter, engine.charsets):
            return engine.name, keywords
    whole = address.path + (f"?{address.query}" if address.query else "")
    if any(_matches(pattern, whole) for pattern in engine.hidden):
        return engine.name, None
    # An empty or forgotten parameter: the address still says that it is a search.
    if re.search(r"search|suche", address.path, re.IGNORECASE):
        return engine.name, None
    return None, None


def _engine(address: Address) -> Engine | None:
    engines, with_path = _engines()
    for host in _spellings(address.hostname):
        for path, engine in with_path.get(host, ()):
            if address.path.startswith(path):
                return engine
        if host in engines:
            return engines[host]
    return None


def _spellings(host: str) -> tuple[str, ...]:
    """The host as it is, and as Matomo's lists write hosts of many countries: `uk.ask.com` → `{}.ask.com`."""
    bare = re.sub(r"^(?:w+[0-9]*|m)\.", "", host)
    country_last = re.sub(r"(?:\.(?:com|org|net|co|it|edu))?\.[a-z]{2}$", ".{}", bare)
    country_first = re.sub(r"^[a-z]{2}\.", "{}.", bare)
    spellings = [host, bare, country_last, country_first]
    # Yahoo's hosts are many and none follows the rule.
    spellings += [
        tail for tail in ("images.search.yahoo.com", "search.yahoo.com") if host.endswith("." + tail)
    ]
    return tuple(dict.fromkeys(spellings))


def _keywords(address: Address, parameter: str, charsets: tuple[str, ...]) -> str | None:
    if parameter.startswith("/"):
        whole = address.path + (f"?{address.query}" if address.query else "")
        found = re.search(parameter.strip("/"), whole)
        return (unquote_plus(found[1]).strip() or None) if found and found.lastindex else None
    for text in (address.query, address.fragment):
        if parameter + "=" in text:
            for charset in ("utf-8", *charsets, "windows-1252"):
                try:
                    value = parse_qs(text, encoding=charset, errors="strict").get(parameter, [""])[0]
                except (UnicodeDecodeError, LookupError):
                    continue
                if value.strip():
                    return value.strip()
                break
    return None


def _matches(pattern: str, text: str) -> bool:
    """As in Matomo's lists: between slashes an expression, else the text itself."""
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        return re.search(pattern[1:-1], text) is not None
    return pattern == text


@cache
def _engines() -> tuple[Mapping[str, Engine], Mapping[str, list[tuple[str, Engine]]]]:
    """Engines by host, and by host those that begin with a path, the longest first."""
    hosts: dict[str, Engine] = {}
    paths: dict[str, list[tuple[str, Engine]]] = {}
    for name, definitions in _list("SearchEngines.yml").items():
        for row in definitions:
            fields = (row.get("params", ()), row.get("hiddenkeyword", ()), row.get("charsets", ()))
            engine = Engine(str(name), *(tuple(str(text) for text in field) for field in fields))
            for url in row["urls"]:
                host, slash, path = str(url).partition("/")
                if slash:
                    paths.setdefault(host, []).append((slash + path, engine))
                else:
                    hosts.setdefault(host, engine)
    for found in paths.values():
        found.sort(key=lambda pair: -len(pair[0]))
    return hosts, paths


@cache
def _networks() -> Mapping[str, str]:
    return {str(url): str(name) for name, urls in _list("Socials.yml").items() for url in urls}


def _list(name: str) -> dict[Any, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with (_DATA / name).open(encoding="utf-8") as file:
        found: dict[Any, Any] = yaml.load(file, Loader=loader)  # noqa: S506 - both are safe loaders
    return found
