"""User agents in the contract's words, held to the cases of uap-core and to real robots."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from journeyserver.ingest import agents
from journeyserver.ingest.agents import agent

CATEGORIES = {"desktop", "mobile", "tablet", "other"}
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/68.0.3440.84 Safari/537.36"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 Safari/605.1.15"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/119.0.6045.109 Mobile/15E148 Safari/604.1"
)
IPAD = "Mozilla/5.0 (iPad; CPU OS 13_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0.4 Mobile/15E148 Safari/604.1"
GALAXY = "Mozilla/5.0 (Linux; Android 13; SM-S901B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 12; SM-T860) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Safari/537.36"
UBUNTU = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"
CHROMEBOOK = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36"
TABLET_PC = "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)"
TELEVISION = "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WINDOWS, ("desktop", "Unknown", "Windows NT", "Chrome", "68.0.3440.84")),
        (MAC, ("desktop", "Apple", "Mac OS", "Safari", "16.1")),
        (IPHONE, ("mobile", "Apple", "iOS", "Chrome", "119.0.6045.109")),
        (IPAD, ("tablet", "Apple", "iOS", "Safari", "13.0.4")),
        (GALAXY, ("mobile", "Samsung", "Android", "Chrome", "112.0.0.0")),
        (GALAXY_TAB, ("tablet", "Samsung", "Android", "Chrome", "112.0.0.0")),
        (UBUNTU, ("desktop", "Unknown", "Ubuntu", "Firefox", "115.0")),
        (CHROMEBOOK, ("desktop", "Unknown", "Chrome OS", "Chrome", "114.0.0.0")),
        (TABLET_PC, ("desktop", "Unknown", "Windows NT", "IE", "8.0")),
        ("nonsense", ("other", "Unknown", "Unknown", "Unknown", None)),
    ],
)
def test_agents_in_the_words_of_the_contract(text: str, found: tuple[str | None, ...]) -> None:
    assert agents.parts(text) == found


def test_a_television_is_no_desktop() -> None:
    assert agent(TELEVISION).device_category == "other"


@pytest.mark.parametrize(
    "text",
    ["", "-", " ", "curl/8.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"],
)
def test_robots(text: str) -> None:
    assert agent(text).is_robot


@pytest.mark.parametrize(
    "text", [WINDOWS, MAC, IPHONE, IPAD, GALAXY, GALAXY_TAB, UBUNTU, CHROMEBOOK, TABLET_PC, TELEVISION]
)
def test_people(text: str) -> None:
    assert not agent(text).is_robot


@given(st.text())
def test_any_text_is_some_agent(text: str) -> None:
    found = agent(text)
    assert found.device_category in CATEGORIES
    assert found.browser_family
    assert found.device_type
    assert found.os_family


def cases(shared_data: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(
        shared_data / "reference" / f"uap-core-test_{name}.yaml.gz", "rt", encoding="utf-8"
    ) as file:
        found: list[dict[str, Any]] = yaml.load(file, Loader=yaml.CSafeLoader)["test_cases"]
    return found


def version(case: dict[str, Any]) -> str:
    numbers = []
    for name in ("major", "minor", "patch", "patch_minor"):
        if not case.get(name):
            break
        numbers.append(str(case[name]))
    return ".".join(numbers)


def share(what: str, right: int, of: int, least: float) -> None:
    print(f"\n{what}: {right} of {of} right ({right / of:.1%})")
    assert right / of >= least


def test_browsers_of_uap_core(shared_data: Path) -> None:
    """Through our table of browser names; the rest names a fourth number that the cases leave out."""
    found = cases(shared_data, "ua")
    right = sum(
        agent(case["user_agent_string"]).browser_family
        == agents._BROWSERS.get(case["family"], case["family"])
        and agent(case["user_agent_string"]).browser_version == version(case)
        for case in found
    )
    share("browsers and versions", right, len(found), 0.98)


def test_operating_systems_of_uap_core(shared_data: Path) -> None:
    """Through our table of systems; the rest are Windows 95, 98, ME and CE, which are no Windows NT."""
    found = cases(shared_data, "os")
    right = sum(
        agent(case["user_agent_string"]).os_family
        == agents._OPERATING_SYSTEMS.get(case["family"], case["family"])
        for case in found
    )
    share("operating systems", right, len(found), 0.96)


def test_makers_of_uap_core(shared_data: Path) -> None:
    """A twentieth of the cases, evenly spread: all 16,129 take ten seconds, and give 99.1 %."""
    found = cases(shared_data, "device")[::20]
    right = sum(
        agent(case["user_agent_string"]).device_type == (case["brand"] or "Unknown") for case in found
    )
    share("makers", right, len(found), 0.98)


KINDS = {
    "iPhone": "mobile",
    "iPod": "mobile",
    "iPad": "tablet",
    "Generic Smartphone": "mobile",
    "Generic Feature Phone": "mobile",
    "Generic Tablet": "tablet",
    "Mac": "desktop",
}


def test_categories_of_devices_whose_name_says_it(shared_data: Path) -> None:
    found = [case for case in cases(shared_data, "device") if case["family"] in KINDS]
    right = sum(agent(case["user_agent_string"]).device_category == KINDS[case["family"]] for case in found)
    share("device categories", right, len(found), 0.85)


def test_real_robots(shared_data: Path) -> None:
    """The cases belong to the list that we use, in an older edition: this holds the list's use, not its quality."""
    with gzip.open(shared_data / "reference" / "crawler-user-agents.json.gz", "rt", encoding="utf-8") as file:
        texts = [text for row in json.load(file) for text in row.get("instances", ())]
    share("robots", sum(agent(text).is_robot for text in texts), len(texts), 0.995)


def test_people_are_not_taken_for_robots(shared_data: Path) -> None:
    """uap-core's cases of browsers that people use, by name."""
    names = {
        "Chrome",
        "Chrome Mobile",
        "Firefox",
        "Firefox Mobile",
        "Mobile Safari",
        "Safari",
        "Edge",
        "IE",
        "Opera",
        "Samsung Internet",
    }
    people = [case["user_agent_string"] for case in cases(shared_data, "ua") if case["family"] in names]
    share("people", sum(not agent(text).is_robot for text in people), len(people), 0.97)
