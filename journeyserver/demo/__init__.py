"""`python -m journeyserver generate`: fills the server with a generated shop, or with many segments for measuring."""

import argparse


def main(argv: list[str]) -> int:
    """Runs the command; what cannot be done is raised as a Refusal or a WarehouseError."""
    parser = argparse.ArgumentParser("python -m journeyserver generate", description=__doc__)
    parser.add_argument("--sessions", type=_positive, default=20_000, help="about so many visits (20000)")
    parser.add_argument("--days", type=_positive, default=30, help="so many days up to now (30)")
    parser.add_argument("--seed", type=int, default=7, help="another number, another shop (7)")
    parser.add_argument(
        "--segments",
        type=_positive,
        help="no visits; segments of 20 criteria until there are so many (500 at most)",
    )
    asked = parser.parse_args(argv)
    from journeyserver import store
    from journeyserver.demo import definitions, fill

    store.prepare()
    if asked.segments:
        added = definitions.add_many(asked.segments, asked.seed)
        print(f"{added} segments were added.")
        return 0
    fill.fill(asked.sessions, asked.days, asked.seed)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
