"""An answer as a table: the same numbers as the chart, and what people without scripts get (KEY1, CHT6)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from analytics import labels, series, spans
from analytics.measures import Measure
from analytics.names import Names
from analytics.parts import Number
from analytics.ranges import Span
from analytics.series import Compared, Line, Result

# A page shows at most so many rows; files have all of them.
MOST_ROWS = 500
Link = Callable[[Line | None, int | None], str]
LONGEST_HEADING = 20


@dataclass(slots=True)
class Cell:
    """Text, a smaller text under it, and an address where choosing it leads on. Not frozen: a page makes thousands."""

    text: str
    sub: str = ""
    link: str = ""
    title: str = ""
    colour: str = ""
    number: bool = True

    @property
    def html(self) -> str:
        """What stands in the cell, escaped: a page has thousands, and a template is slow at small decisions."""
        text = escape(self.text)
        if self.number and not (self.sub or self.link or self.title):
            return text
        if not self.number:
            text = f"<bdi>{text}</bdi>"
        if self.title:
            text = f'<span title="{escape(self.title)}">{text}</span>'
        if self.link:
            text = f'<a class="point-link" href="{escape(self.link)}" data-point>{text}</a>'
        if self.sub:
            text = f'{text} <span class="cell-note">{escape(self.sub)}</span>'
        return text


@dataclass(frozen=True)
class Column:
    label: str
    number: bool = True
    colour: str = ""
    link: str = ""
    title: str = ""

    @property
    def html(self) -> SafeString:
        text = escape(self.label)
        if self.link:
            text = f'<a class="point-link" href="{escape(self.link)}" data-point>{text}</a>'
        number = ' class="num"' if self.number else ""
        # A long name is cut off: its column is no wider than its numbers need.
        whole = self.title or (self.label if len(self.label) > LONGEST_HEADING else "")
        title = f' title="{escape(whole)}"' if whole else ""
        return mark_safe(f'<th scope="col"{number}{title}>{text}</th>')  # noqa: S308 — each part is escaped above


@dataclass
class Table:
    """`heads` of the first cells of each row are row headers. `all_rows` counts those that are not shown, too."""

    caption: str
    columns: list[Column]
    heads: int
    rows: list[list[Cell]] = field(default_factory=list)
    foot: list[Cell] = field(default_factory=list)
    all_rows: int = 0

    @property
    def head_html(self) -> SafeString:
        return mark_safe("".join(column.html for column in self.columns))  # noqa: S308

    @property
    def body_html(self) -> SafeString:
        return mark_safe("\n".join(_row_html(row, self.heads) for row in self.rows))  # noqa: S308 — cells are escaped

    @property
    def foot_html(self) -> SafeString:
        return mark_safe(_row_html(self.foot, 1) if self.foot else "")  # noqa: S308

    @property
    def cut(self) -> bool:
        return self.all_rows > len(self.rows)


def _row_html(row: Sequence[Cell], heads: int) -> str:
    cells = [f'<th scope="row">{cell.html}</th>' for cell in row[:heads]]
    cells += [f'<td class="num">{cell.html}</td>' for cell in row[heads:]]
    return f"<tr>{''.join(cells)}</tr>"


@dataclass(frozen=True)
class Place:
    """What a table needs to know of the question."""

    span: Span
    by: str
    now: datetime
    names: Names
    link: Link
    colours: dict[series.Group, str]
    caption: str
    # At most so many rows are shown.
    most: int = MOST_ROWS
    # Whether there is little room: of several measures the shares are left out.
    small: bool = False


def build(result: Result, place: Place) -> Table:
    """The table that fits: by time, by time and group, or by group."""
    one_bucket = len(result.buckets) == 1
    if not result.group_by:
        return _measures(result, place) if one_bucket else _times(result, place)
    if one_bucket:
        return _groups(result, place)
    if len(result.measures) == 1 and result.compared is None:
        return _wide(result, place)
    return _long(result, place)


# Cells


def _whens(result: Result, place: Place, most: int) -> list[Cell]:
    """The first cells of the rows of at most so many buckets."""
    said = spans.buckets(result.buckets, place.span.zone)
    return [
        Cell(
            said[at],
            spans.note(bucket, place.by, place.span.zone, place.now),
            link=place.link(None, at),
            number=False,
        )
        for at, bucket in enumerate(result.buckets[:most])
    ]


def _group(line: Line, place: Place, result: Result) -> Cell:
    if line.kind != "group":
        return Cell(line_name(line, result, place.names), number=False, sub=_of(line))
    return Cell(
        place.names.group(result.group_by, line.group),
        link=place.link(line, None),
        title=place.names.full(result.group_by, line.group),
        colour=place.colours.get(line.group, ""),
        number=False,
    )


def _of(line: Line) -> str:
    return _("%s groups") % labels.whole(line.of) if line.kind == "other" else ""


def line_name(line: Line, result: Result, names: Names) -> str:
    if line.kind == "other":
        return _("Other")
    if line.kind == "all":
        return _("Total")
    return names.group(result.group_by, line.group)


def _value(value: Number | None, measure: Measure, sub: str = "") -> Cell:
    return Cell(labels.number(value, measure), sub)


def _changed(now: Number | None, before: Number | None, measure: Measure) -> Cell:
    return Cell(labels.moved(now, before, measure) or labels.NO_DATA)


def _not_additive() -> Cell:
    return Cell(_("not additive"), title=_("Different ones in each cell: they are never added up."))


def _total(line: Line | None) -> Cell:
    if line is None or (line.total is None and not line.measure.additive):
        return _not_additive()
    return _value(line.total, line.measure)


def _with_shares(result: Result, place: Place) -> bool:
    return len(result.measures) == 1 or not place.small


def _measure_columns(result: Result, place: Place, shares: bool) -> list[Column]:
    columns = []
    for made in result.measures:
        columns.append(Column(labels.measure(made), title=labels.definition(made)))
        if shares and made.kind in ("count", "sum") and result.all_of(made) is not None:
            columns.append(Column(_("Share")))
        if result.compared is not None:
            columns += _compared_columns(result.compared, place)
    return columns


def _compared_columns(compared: Compared, place: Place) -> list[Column]:
    return [Column(place.names.compared(compared.segment)), Column(_("Change"))]


# Layouts


def _measures(result: Result, place: Place) -> Table:
    """One number for each measure."""
    compared = _compared_columns(result.compared, place) if result.compared else []
    table = Table(place.caption, [Column(_("Measure"), number=False), Column(_("Value")), *compared], heads=1)
    for made in result.measures:
        for line in result.of(made):
            row = [
                Cell(labels.measure(made), labels.definition(made), number=False),
                _value(line.total, made),
            ]
            if result.compared:
                row += [_value(line.total_before, made), _changed(line.fair, line.fair_before, line.measure)]
            table.rows.append(row)
    table.all_rows = len(table.rows)
    return table


def _times(result: Result, place: Place) -> Table:
    """A row for each bucket, measures side by side."""
    table = Table(
        place.caption,
        [Column(_("When"), number=False), *_measure_columns(result, place, shares=False)],
        heads=1,
    )
    lines = [line for made in result.measures if (line := result.all_of(made))]
    table.all_rows = len(result.buckets)
    for at, when in enumerate(_whens(result, place, place.most)):
        row = [when]
        for line in lines:
            row.append(_value(line.values[at], line.measure))
            row += _compared_cells(result, line, at)
        table.rows.append(row)
    table.foot = [Cell(_("Total"), number=False)]
    for line in lines:
        table.foot.append(_total(line))
        if result.compared is not None:
            additive = line.total_before is not None or line.measure.additive
            table.foot += [
                _value(line.total_before, line.measure) if additive else _not_additive(),
                _total_change(line),
            ]
    return table


def _compared_cells(result: Result, line: Line, at: int) -> list[Cell]:
    if line.before is None:
        return []
    now = line.values[at] if result.fair(at) else None
    return [_value(line.before[at], line.measure), _changed(now, line.before[at], line.measure)]


def _total_change(line: Line) -> Cell:
    """The change of what is over, with its numbers where those are not the totals beside it."""
    cell = _changed(line.fair, line.fair_before, line.measure)
    fair = (line.fair, line.fair_before)
    if None not in fair and fair != (line.total, line.total_before):
        now, before = (labels.number(number, line.measure) for number in fair)
        cell.sub = _("%(now)s against %(before)s") % {"now": now, "before": before}
        cell.title = _("Of what is over in both.")
    return cell


def _wide(result: Result, place: Place) -> Table:
    """A row for each bucket, groups side by side with their shares."""
    made = result.measures[0]
    lines = result.of(made)
    whole = result.all_of(made)
    columns = [Column(_("When"), number=False)]
    for line in lines:
        cell = _group(line, place, result)
        columns.append(Column(cell.text, colour=cell.colour, link=cell.link, title=cell.title))
    table = Table(f"{labels.measure(made)}. {place.caption}", columns, heads=1)
    parts = [series.shares(line, whole) if line.kind != "all" else () for line in lines]
    table.all_rows = len(result.buckets)
    for at, when in enumerate(_whens(result, place, place.most)):
        row = [when]
        for line, shares in zip(lines, parts, strict=True):
            share = shares[at] if shares else None
            row.append(_value(line.values[at], made, "" if share is None else labels.percent(share)))
        table.rows.append(row)
    table.foot = [Cell(_("Total"), number=False), *(_total(line) for line in lines)]
    return table


def _groups(result: Result, place: Place) -> Table:
    """A row for each group over the whole range; there are at most as many as are charted."""
    table = Table(
        place.caption,
        [
            Column(_group_head(result), number=False),
            *_measure_columns(result, place, _with_shares(result, place)),
        ],
        heads=1,
    )
    for line in result.of(result.measures[0]):
        table.rows.append(
            [_group(line, place, result), *_row_of(result, line, 0, _with_shares(result, place))]
        )
    if table.rows and result.all_of(result.measures[0]) and result.groups > 1:
        table.foot = table.rows.pop()
    table.all_rows = len(table.rows)
    return table


def _group_head(result: Result) -> str:
    return ", ".join(labels.dimension(name) for name in result.group_by)


def _row_of(result: Result, first: Line, at: int, shares: bool) -> list[Cell]:
    """The cells of one group in one bucket, over all measures."""
    cells: list[Cell] = []
    for made in result.measures:
        line = next((one for one in result.of(made, first.kind) if one.group == first.group), None)
        whole = result.all_of(made)
        share = shares and made.kind in ("count", "sum") and whole is not None
        if line is None:
            cells.append(_not_additive())
            cells += [Cell("")] * (int(share) + (2 if result.compared else 0))
            continue
        cells.append(_value(line.values[at], made))
        if share:
            part = series.shares(line, whole)[at]
            cells.append(Cell(labels.NO_DATA if part is None else labels.percent(part)))
        cells += _compared_cells(result, line, at)
    return cells


def _long(result: Result, place: Place) -> Table:
    """A row for each bucket and group."""
    table = Table(
        place.caption,
        [
            Column(_("When"), number=False),
            Column(_group_head(result), number=False),
            *_measure_columns(result, place, _with_shares(result, place)),
        ],
        heads=2,
    )
    lines: Sequence[Line] = result.of(result.measures[0])
    table.all_rows = len(result.buckets) * len(lines)
    shares = _with_shares(result, place)
    for at, when in enumerate(_whens(result, place, place.most)):
        for line in lines:
            if len(table.rows) == place.most:
                return table
            table.rows.append([when, _group(line, place, result), *_row_of(result, line, at, shares)])
    return table
