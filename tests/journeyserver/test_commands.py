"""What nobody can mean by a command is said in one sentence, with exit code 1, and changes nothing."""

from pathlib import Path

import pytest

from tests import programs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("commands")
    assert programs.run_journeyserver(made, "seed").returncode == 0
    return made


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["token", "demo-service", "--seconds", "99999999999999"],
            "A token lasts 1 to 1,000,000,000 seconds.",
        ),
        (["token", "demo-service", "--seconds", "-1"], "A token lasts 1 to 1,000,000,000 seconds."),
        (["runserver", "--port", "99999"], "A port is a number of 0 to 65535, not 99999."),
        (["erase", ""], "A customer's id has 1 to 1024 characters."),
        (["erase", "x" * 1025, "--dry-run"], "A customer's id has 1 to 1024 characters."),
        *(
            (
                ["person", "add", username, "--name", "N", "--email", "n@shop.example", "--role", "admin"],
                "A person signs in by a name of 1 to 150 characters without blanks around it.",
            )
            for username in ("n" * 151, " nora", "")
        ),
    ],
)
def test_what_cannot_be_meant(folder: Path, arguments: list[str], sentence: str) -> None:
    told = programs.run_journeyserver(folder, *arguments)
    assert (told.returncode, told.stdout, told.stderr) == (1, "", f"journeyserver: {sentence}\n")
