"""Pages of a listing, and walking all of them with a `for`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from journeyadmin.service.errors import Incomplete, Unreadable

Entity = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page as the service gave it; `total` counts the entries of all pages."""

    entities: list[Entity]
    number: int = 1
    count: int = 1
    total: int | None = None
    correlation_id: str = ""


@dataclass
class Listing:
    """All entries of a listing, read page by page as they are asked for, each page and each entry once.

    Iterating to the end raises `Incomplete` when fewer different entries arrived than the service said there are: a list
    that silently lacks something is worse than an error.
    """

    fetch: Callable[[int], Page]
    operation: str = ""
    _pages: list[Page] = field(default_factory=list)

    def page(self, number: int) -> Page:
        while len(self._pages) < number:
            self._pages.append(self.fetch(len(self._pages) + 1))
        return self._pages[number - 1]

    @property
    def total(self) -> int:
        """The number of entries the service says there are."""
        total = self.page(1).total
        return len(self.page(1).entities) if total is None else total

    def __iter__(self) -> Iterator[Entity]:
        seen: set[str] = set()
        number = 1
        while True:
            page = self.page(number)
            for entity in page.entities:
                key = entity.get("id")
                if not isinstance(key, str):
                    raise Unreadable("an entry without an id", operation=self.operation)
                # What was made or deleted meanwhile moves others from one page to the next.
                if key not in seen:
                    seen.add(key)
                    yield entity
            if number >= page.count or not page.entities:
                break
            number += 1
        if page.total is not None and len(seen) < page.total:
            raise Incomplete(
                len(seen), page.total, operation=self.operation, correlation_id=page.correlation_id
            )

    def __len__(self) -> int:
        return self.total


def page_from(answer: Entity, number: int, correlation_id: str = "") -> Page:
    """A page from the contract's listing envelope, in which every field is optional."""
    entities = answer.get("entities", [])
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise Unreadable("entities is not a list of objects", correlation_id=correlation_id)
    total = answer.get("total")
    count = answer.get("pageCount")
    return Page(
        entities=entities,
        number=number,
        count=count if isinstance(count, int) else (number + 1 if answer.get("nextUri") else number),
        total=total if isinstance(total, int) else None,
        correlation_id=correlation_id,
    )
