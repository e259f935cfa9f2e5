"""The benchmark of aggregate queries at a size at which it says nothing: its parts fit together, and agree on the numbers."""

from bench import Arguments, _facts, aggregates


def test_all_engines_agree_and_what_was_prepared_is_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(aggregates, "FACTS", {"small": 20_000})
    monkeypatch.setattr(aggregates, "TURNS", 1)
    arguments = Arguments("small", tmp_path / "given", None, tmp_path / "kept")
    fewer, facts = aggregates.prepare(arguments)
    made = facts.copy.stat().st_mtime_ns
    # `run` raises where two answers differ.
    rows = list(aggregates.run(arguments))
    assert facts.copy.stat().st_mtime_ns == made
    engines = 3 if _facts.has_clickhouse() else 2
    assert len(rows) == engines * len(aggregates.QUESTIONS) + len(aggregates.QUESTIONS) + 1
    assert all(row.ours > 0 for row in rows[:-1] if "processor time" not in row.name)
    assert fewer.number * 10 == facts.number


def test_what_is_half_made_or_of_another_size_is_made_anew(tmp_path):
    folder = tmp_path / "facts"
    folder.mkdir()
    (folder / "copy.duckdb").write_text("half")
    assert _facts.prepared(folder, 1_000, with_references=False).number == 1_000
    assert not (folder / "copy.duckdb").exists()
    first = (folder / "facts.json").stat().st_mtime_ns
    _facts.prepared(folder, 1_000, with_references=False)
    assert (folder / "facts.json").stat().st_mtime_ns == first
    _facts.prepared(folder, 2_000, with_references=False)
    assert (folder / "facts.json").stat().st_mtime_ns != first
