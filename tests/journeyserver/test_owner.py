"""Commands reach the running server of their data folder, whatever its names and addresses are."""

from pathlib import Path

from tests import programs


def test_a_server_with_a_public_name_is_backed_up_while_it_runs(tmp_path: Path) -> None:
    names = {"JOURNEYSERVER_ALLOWED_HOSTS": "journeyserver.company.example", "JOURNEYSERVER_HTTPS": "1"}
    folder = tmp_path / "server"
    with programs.journeyserver(folder, seed=False, **names):
        done = programs.run_journeyserver(folder, "backup", str(tmp_path / "copy"), **names)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy").stat().st_size
