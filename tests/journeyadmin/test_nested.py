"""EDT2: any sequence of row actions on posted data equals the same edits on plain data, and no other row changes."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyadmin.nested import NotARow, RowAction, TooManyRows, edit_rows

MOST = 6
NEW_CRITERION = {"operator": ["equal"], "ignore_case": ["on"]}
NEW_PATTERN = {"count": ["1"], "criteria": [NEW_CRITERION]}


def blank(prefix: str) -> dict[str, list[str]]:
    if prefix.endswith("-criteria"):
        return dict(NEW_CRITERION)
    inner = {f"criteria-0-{name}": value for name, value in NEW_CRITERION.items()}
    return {"count": ["1"], "criteria-TOTAL_FORMS": ["1"], "criteria-INITIAL_FORMS": ["0"], **inner}


def posted(patterns: list[Any]) -> dict[str, list[str]]:
    """Plain data as a browser posts it."""
    data = {"name": ["x"], "context-TOTAL_FORMS": [str(len(patterns))], "context-INITIAL_FORMS": ["0"]}
    for i, pattern in enumerate(patterns):
        prefix = f"context-{i}"
        data |= {f"{prefix}-{name}": value for name, value in pattern.items() if name != "criteria"}
        data[f"{prefix}-criteria-TOTAL_FORMS"] = [str(len(pattern["criteria"]))]
        data[f"{prefix}-criteria-INITIAL_FORMS"] = ["0"]
        for j, row in enumerate(pattern["criteria"]):
            data |= {f"{prefix}-criteria-{j}-{name}": value for name, value in row.items()}
    return data


def edited(rows: list[Any], verb: str, index: int, new: Any) -> None:
    """The same edit on plain data."""
    if verb == "add":
        rows.append(copy.deepcopy(new))
    elif verb == "copy":
        rows.insert(index + 1, copy.deepcopy(rows[index]))
    elif verb == "remove":
        del rows[index]
    else:
        other = index + (-1 if verb == "up" else 1)
        if 0 <= other < len(rows):
            rows[index], rows[other] = rows[other], rows[index]


CRITERIA = st.fixed_dictionaries(
    {
        "key": st.lists(st.text(max_size=4), min_size=1, max_size=1),
        "values": st.lists(st.text(max_size=4), max_size=3),
    },
    optional={"ignore_case": st.just(["on"])},
)
PATTERNS = st.fixed_dictionaries({"count": st.just(["2"]), "criteria": st.lists(CRITERIA, max_size=3)})
ACTIONS = st.tuples(
    st.sampled_from(["add", "copy", "remove", "up", "down"]),
    st.booleans(),  # on a pattern, or on a criterion of one
    st.integers(0, 20),
    st.integers(0, 20),
)


@given(st.lists(PATTERNS, max_size=3), st.lists(ACTIONS, max_size=12))
def test_any_sequence_of_row_actions_equals_the_same_edits_on_plain_data(
    patterns: list[Any], actions: list[tuple[str, bool, int, int]]
) -> None:
    plain, data = copy.deepcopy(patterns), posted(patterns)
    for verb, on_pattern, outer, inner in actions:
        if on_pattern:
            rows, prefix, new, at = plain, "context", NEW_PATTERN, outer
        else:
            if not plain:
                continue
            owner = outer % len(plain)
            rows, prefix, new, at = (
                plain[owner]["criteria"],
                f"context-{owner}-criteria",
                NEW_CRITERION,
                inner,
            )
        if (verb != "add" and not rows) or (verb in ("add", "copy") and len(rows) >= MOST):
            continue
        index = None if verb == "add" else at % len(rows)
        data = edit_rows(data, RowAction(verb, prefix, index), blank, MOST).data
        edited(rows, verb, index or 0, new)
        assert data == posted(plain)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("add:context", RowAction("add", "context")),
        ("add:context-0-criteria", RowAction("add", "context-0-criteria")),
        ("remove:context-0-criteria-1", RowAction("remove", "context-0-criteria", 1)),
        ("up:journey-12", RowAction("up", "journey", 12)),
    ],
)
def test_an_action_is_read(text: str, action: RowAction) -> None:
    assert RowAction.parse(text) == action


@pytest.mark.parametrize(
    "text", ["", "add", "add:", "remove:context", "drop:context-1", "add:context-0", "up:-1"]
)
def test_anything_else_is_no_action(text: str) -> None:
    with pytest.raises(NotARow):
        RowAction.parse(text)


def test_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotARow):
        edit_rows(posted([]), RowAction("remove", "context", 0), blank, MOST)


def test_no_more_rows_than_allowed() -> None:
    full = posted([{"count": ["1"], "criteria": []}] * MOST)
    with pytest.raises(TooManyRows):
        edit_rows(full, RowAction("add", "context"), blank, MOST)


def test_where_the_row_is_afterwards() -> None:
    data = posted([{"count": [str(n)], "criteria": []} for n in range(3)])
    assert edit_rows(data, RowAction("copy", "context", 1), blank, MOST).at == 2
    assert edit_rows(data, RowAction("remove", "context", 2), blank, MOST).at == 1
    assert edit_rows(data, RowAction("up", "context", 0), blank, MOST).at == 0
