"""The frame of the benchmarks: its table, its exit code, and what it does with one that breaks."""

from pathlib import Path

import pytest

from bench import Row, __main__, peak_memory_mb, seconds


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):
    """`only(name=run)` makes these the benchmarks there are."""

    def these(**runs):
        class Loaded:
            def __init__(self, run):
                self.run = run
                if prepare := getattr(run, "prepare", None):
                    self.prepare = prepare

        monkeypatch.setattr(__main__, "names", lambda: sorted(runs))
        monkeypatch.setattr(__main__, "import_module", lambda name: Loaded(runs[name.removeprefix("bench.")]))

    return these


def test_a_row_is_set_against_its_reference(only, capsys):
    row = Row("events taken in", 1_234_567, "events/s", "plain copy", 2_469_134, "at least 0.3×", True)
    only(ingest=lambda arguments: [row])
    assert __main__.main([]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["benchmark", "what", "ours", "reference", "ratio", "target", "met"]
    assert "1 234 567 events/s  plain copy  2 469 134 events/s  0.50×  at least 0.3×  yes" in printed[2]


def test_a_missed_target_and_a_broken_one_fail_but_all_are_printed(only, capsys):
    def broken(arguments):
        raise RuntimeError("no server")

    only(a=broken, b=lambda arguments: [Row("page", 412.0, "ms", target="under 300 ms", met=False)])
    assert __main__.main([]) == 1
    printed = capsys.readouterr().out
    assert "412 ms" in printed
    assert "NO" in printed
    assert "a broke: RuntimeError: no server" in printed


def test_each_gets_the_size_asked_for_and_a_folder_that_is_removed(only, capsys):
    given = []
    only(a=lambda arguments: given.append(arguments) or [])
    assert __main__.main(["a", "--size", "full"]) == 0
    assert given[0].size == "full"
    assert not Path(given[0].folder).exists()


def test_what_was_measured_before_an_interruption_is_printed(only, capsys):
    def interrupted(arguments):
        yield Row("page", 412.0, "ms")
        raise KeyboardInterrupt

    only(a=interrupted, b=lambda arguments: [Row("never reached", 1.0, "ms")])
    assert __main__.main([]) == 130
    printed = capsys.readouterr().out
    assert "412 ms" in printed
    assert "a was interrupted" in printed
    assert "never reached" not in printed


def test_a_kept_folder_can_be_prepared_by_itself(only, capsys, tmp_path):
    given = []

    def run(arguments):
        given.append(("run", arguments.kept))
        return []

    run.prepare = lambda arguments: given.append(("prepare", arguments.kept))
    only(a=run, b=lambda arguments: given.append(("never", None)) or [])
    assert __main__.main(["--keep", str(tmp_path), "--prepare"]) == 0
    assert given == [("prepare", tmp_path / "a")]
    assert __main__.main(["a", "--keep", str(tmp_path)]) == 0
    assert given[1:] == [("run", tmp_path / "a")]


def test_preparing_needs_a_folder(only, capsys):
    only(a=lambda arguments: [])
    with pytest.raises(SystemExit) as stopped:
        __main__.main(["--prepare"])
    assert stopped.value.code == 2


def test_an_unknown_name_is_refused(only, capsys):
    only(a=lambda arguments: [])
    with pytest.raises(SystemExit) as stopped:
        __main__.main(["nonsense"])
    assert stopped.value.code == 2
    assert "there is no benchmark nonsense; there are a" in capsys.readouterr().err


def test_numbers_of_a_process():
    import os

    assert peak_memory_mb(os.getpid()) > 10
    assert 0 <= seconds(lambda: None, runs=1) < 1
