"""What may be a new password of the embedded server, at each place where one is set (OWASP ASVS 5.0 §6.2)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from journeyserver.passwords import SERVICE_WORDS, CommonValidator, LongestValidator, ServiceWordsValidator
from tests import programs


def complaint(validator: object, password: str) -> str:
    try:
        validator.validate(password)  # type: ignore[attr-defined]
    except ValidationError as error:
        return str(error.messages[0])
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",
        "qwertyqwerty",
        "QWERTYQWERTY",
        "football2026!",
        "***dragon***",
        "monkeymonkeymonkey",
        "123456789123",
    ],
)
def test_a_common_password_is_refused_however_it_is_dressed_up(password):
    assert "too common" in complaint(CommonValidator(), password)


@pytest.mark.parametrize(
    "password", ["a new long password", "geranium-otter-piano", "x8Lq0…Zr41!mPa", "日本語のパスワードです"]
)
def test_what_nobody_guesses_first_is_taken(password):
    for validator in (CommonValidator(), ServiceWordsValidator(), LongestValidator()):
        assert complaint(validator, password) == ""


@pytest.mark.parametrize(
    "password",
    ["JourneyAdmin2026", "genesys-cloud-1", "admin admin admin", "Dashboard_12345", "segmentsegment"],
)
def test_words_of_this_service_alone_are_refused(password):
    assert "words of this service" in complaint(ServiceWordsValidator(), password)


def test_the_words_of_this_service_are_documented():
    """ASVS 6.1.2."""
    text = (programs.ROOT / "docs" / "security.md").read_text()
    [line] = re.findall(r"^Words of this service: (.+)$", text, re.MULTILINE)
    assert set(re.findall(r"\w+", line)) == set(SERVICE_WORDS)


def typed(folder: Path, password: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "journeyserver", "person", *arguments],
        cwd=programs.ROOT,
        env=programs.environment(folder),
        input=f"{password}\n",
        capture_output=True,
        text=True,
        check=False,
    )


MAYA = (
    "add",
    "maya.lindqvist",
    "--name",
    "Maya Lindqvist",
    "--email",
    "maya@shop.example",
    "--role",
    "marketer",
)


def test_the_command_says_what_is_wrong_and_adds_nobody(tmp_path):
    for password, said in (
        ("password1234", "This password is too common. The password is made of words of this service"),
        ("maya.lindqvist", "The password is too similar to the username."),
    ):
        refused = typed(tmp_path, password, *MAYA)
        assert refused.returncode == 1
        assert said in refused.stderr
        assert refused.stderr.count("\n") == 1
    # Nobody was added: the name is free.
    assert typed(tmp_path, "geranium-otter-piano", *MAYA).returncode == 0


def test_the_demo_alone_has_a_short_password(tmp_path):
    """Only `seed` sets it, only for its own people, and whoever sets another is the demo's no longer."""
    assert programs.run_journeyserver(tmp_path, "seed").returncode == 0
    assert "too short" in typed(tmp_path, "demo", "password", "marketer").stderr
    elsewhere = programs.run_journeyserver(tmp_path, "runserver", "--host", "0.0.0.0")
    assert elsewhere.returncode == 1
    assert "demo accounts whose passwords everybody knows" in elsewhere.stderr
