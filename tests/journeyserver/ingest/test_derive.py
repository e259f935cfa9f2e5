"""What the first event would wait for is there before it comes."""

from journeyserver.ingest import agents, derive, pages, referrers

# What is read from files and made once, by the function that keeps it.
TABLES = (pages._suffixes, referrers._engines, referrers._networks)


def test_every_table_is_read_before_the_first_event() -> None:
    for answers in (pages.split, pages.parts, pages.registrable_domain, referrers.referrer, agents.agent):
        getattr(answers, "cache_clear", lambda: None)()
    for table in TABLES:
        table.cache_clear()
    derive.get_ready()
    assert [table.cache_info().currsize for table in TABLES] == [1, 1, 1]
    # An event finds all of them.
    row = dict.fromkeys(
        (*pages.COLUMNS, *referrers.COLUMNS, *agents.COLUMNS, "user_agent", "page_url", "referrer_url")
    )
    row |= dict.fromkeys(column for derivation in derive.DERIVATIONS for column in derivation.columns)
    derive.fill(
        row
        | {
            "page_url": "https://shop.example.co.uk/?utm_source=x",
            "referrer_url": "https://www.google.de/search?q=a",
        }
    )
    assert [table.cache_info().misses for table in TABLES] == [1, 1, 1]
