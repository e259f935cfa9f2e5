"""A user agent in the Journey API's own words. Pure, and total: any text is some agent.

ua-parser (uap-core's rules) reads the text; the tables below turn its words into those of the contract (§3.1): a browser is
"Chrome" on any device, `device.type` is the maker, operating systems are "Windows NT", "Mac OS", "iOS". What cannot be told
is "Unknown", the category "other". Robots are those of the crawler-user-agents list, those that uap-core calls spiders, and
whoever does not say what it is. How well this works: docs/parsing.md.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import crawleruseragents
import ua_parser

COLUMNS = ("device_category", "device_type", "device_os_family", "browser_family", "browser_version")

UNKNOWN = "Unknown"

# uap-core's browser families → ours. What is not here keeps its name.
_BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Firefox Beta": "Firefox",
    "Firefox Alpha": "Firefox",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Edge Mobile": "Edge",
    "IE Mobile": "IE",
    "Opera Mobile": "Opera",
    "Opera Tablet": "Opera",
    "UC Browser": "UC Browser",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Yandex Browser": "Yandex",
    "Other": UNKNOWN,
}
_OPERATING_SYSTEMS = {"Windows": "Windows NT", "Mac OS X": "Mac OS", "iPadOS": "iOS", "Other": UNKNOWN}
_WINDOWS_BEFORE_NT = frozenset({"95", "98", "ME", "3", "CE"})

_DESKTOP_SYSTEMS = frozenset(
    (
        "Windows",
        "Mac OS X",
        "Mac OS",
        "Chrome OS",
        "Linux",
        "Ubuntu",
        "Kubuntu",
        "Debian",
        "Fedora",
        "Red Hat",
        "CentOS",
        "SUSE",
        "Mandriva",
        "Mageia",
        "Gentoo",
        "Arch Linux",
        "Linux Mint",
        "Slackware",
        "PCLinuxOS",
        "FreeBSD",
        "OpenBSD",
        "NetBSD",
        "Solaris",
    )
)
_MOBILE_SYSTEMS = frozenset(
    (
        "Windows Phone",
        "Windows Mobile",
        "BlackBerry OS",
        "Symbian OS",
        "Symbian^3",
        "Symbian^3 Anna",
        "Symbian^3 Belle",
        "Nokia Series 40",
        "Nokia Series 30 Plus",
        "Firefox OS",
        "KaiOS",
        "Bada",
        "webOS",
        "MeeGo",
        "Maemo",
        "Brew",
        "Tizen",
    )
)
_TELEVISION = re.compile(
    r"smart-?tv|hbbtv|google ?tv|apple ?tv|android tv|netcast|netrange|web0s|viera|bravia|roku|crkey|aft[bmnst]\b|"
    r"playstation|xbox|nintendo|watchos|apple ?watch|\bwatch\b",
    re.IGNORECASE,
)
# "Tablet PC 2.0" is a service that desktop Windows names, no tablet.
_TABLET = re.compile(
    r"ipad|tablet(?! pc)|playbook|kindle(?!.*mobile)|silk/(?!.*mobile)|\bsm-[tp]\d|\bgt-[pn]\d|\btouchpad\b|nexus (?:7|9|10)\b|"
    r"\bxoom\b|\bkf[a-z]{2,4}wi\b|mediapad|lenovo (?:tab|yt)|\btab[ _-]?[0-9a-z]?\d",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"mobi|iphone|ipod|phone|opera mini|midp|j2me|blackberry|symbian|series ?[46]0|up\.browser|webos|smartphone",
    re.IGNORECASE,
)


# Devices whose user agents say little else, by uap-core's name for them.
_DEVICES = {
    "iPad": "tablet",
    "iPhone": "mobile",
    "Generic Tablet": "tablet",
    "Generic Smartphone": "mobile",
    "Generic Feature Phone": "mobile",
}
# uap-core wants a word behind the model that newer browsers leave out.
_SAMSUNG = re.compile(r"\b(?:SM-[A-Z]\d|GT-[A-Z]\d)")


@dataclass(frozen=True)
class Agent:
    """What a user agent says of browser and device; `browser_version` and `os_version` are empty where it says nothing."""

    browser_family: str
    browser_version: str
    device_category: str
    device_type: str
    os_family: str
    os_version: str
    is_mobile: bool
    is_robot: bool


def parts(user_agent: str) -> tuple[str | None, ...]:
    """A value for each of COLUMNS."""
    found = agent(user_agent)
    return (
        found.device_category,
        found.device_type,
        found.os_family,
        found.browser_family,
        found.browser_version or None,
    )


@lru_cache(maxsize=16_384)
def agent(user_agent: str) -> Agent:
    """The browser and device that this text stands for."""
    parsed = ua_parser.parse(user_agent)
    browser, system, device = parsed.user_agent, parsed.os, parsed.device
    system_family = system.family if system else "Other"
    maker = _maker(user_agent, device, system_family)
    category = _category(user_agent, system_family, device.family if device else "", maker)
    return Agent(
        browser_family=_BROWSERS.get(browser.family, browser.family) if browser else UNKNOWN,
        browser_version=_version(browser, "major", "minor", "patch", "patch_minor"),
        device_category=category,
        device_type=maker,
        os_family=_system(system_family, system.major if system else None),
        os_version=_version(system, "major", "minor", "patch", "patch_minor"),
        is_mobile=category in ("mobile", "tablet"),
        is_robot=_is_robot(user_agent, device.family if device else ""),
    )


def _is_robot(user_agent: str, device_family: str) -> bool:
    """Browsers always say what they are, and robots of good manners where to read about them: `+http://…`."""
    if user_agent.strip() in ("", "-") or device_family == "Spider" or "+http" in user_agent:
        return True
    return bool(crawleruseragents.is_crawler(user_agent))


def _category(user_agent: str, system: str, device: str, maker: str) -> str:
    """desktop, mobile, tablet or other, by what the text says first and by its operating system last."""
    if _TELEVISION.search(user_agent):
        return "other"
    if _TABLET.search(user_agent):
        return "tablet"
    if system == "Android" and not re.search("mobile|opera mini", user_agent, re.IGNORECASE):
        # Google's own rule: an Android without "Mobile" is a tablet.
        return "tablet"
    if system in _MOBILE_SYSTEMS or _MOBILE.search(user_agent):
        return "mobile"
    if device in _DEVICES:
        return _DEVICES[device]
    if system in ("Linux", "Other") and maker not in (UNKNOWN, "Apple"):
        # uap-core names makers of handheld devices only; old phones say their model and little else.
        return "mobile"
    return "desktop" if system in _DESKTOP_SYSTEMS else "other"


def _maker(user_agent: str, device: Any, system: str) -> str:
    brand = device.brand if device else None
    if brand and not brand.startswith("Generic") and brand != "Spider":
        return str(brand)
    if _SAMSUNG.search(user_agent):
        return "Samsung"
    return "Apple" if system in ("Mac OS X", "Mac OS", "iOS") else UNKNOWN


def _system(family: str, major: str | None) -> str:
    if family == "Windows" and major in _WINDOWS_BEFORE_NT:
        return "Windows"
    return _OPERATING_SYSTEMS.get(family, family)


def _version(part: Any, *names: str) -> str:
    """The numbers that there are, up to the first that is missing, joined by dots."""
    numbers: list[str] = []
    for name in names:
        number = getattr(part, name, None)
        if not number:
            break
        numbers.append(number)
    return ".".join(numbers)
