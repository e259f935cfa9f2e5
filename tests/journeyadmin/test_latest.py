"""What a process keeps: so many and no more, the latest."""

from concurrent.futures import ThreadPoolExecutor

from journeyadmin.latest import Latest


def test_of_more_than_so_many_the_first_are_forgotten() -> None:
    kept: Latest[str, int] = Latest(2)
    kept.put("a", 1)
    kept.put("b", 2)
    # Put in again it is the latest.
    kept.put("a", 3)
    kept.put("c", 4)
    assert [kept.get(key) for key in "abc"] == [3, None, 4]
    kept.forget()
    assert [kept.get(key) for key in "abc"] == [None, None, None]


def test_many_threads_keep_no_more() -> None:
    kept: Latest[int, int] = Latest(10)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: kept.put(number, number), range(1000)))
    there = [number for number in range(1000) if kept.get(number) is not None]
    assert len(there) == 10
