"""`python -m journeyserver COMMAND`: run the server, prepare its store, give out tokens, take in events.

Whatever is wrong with the folder, the store or the port is said in one sentence, with exit code 1; a wrong setting, which no
second start would mend, with 78 (EX_CONFIG).
"""

import os
import sys
from importlib import import_module

# Commands with a parser of their own: `main(argv) -> int`.
_DELEGATED = {
    "import": "journeyserver.ingest.command",
    "generate": "journeyserver.demo",
    "erase": "journeyserver.local.command",
    "retention": "journeyserver.local.command",
}


def main(argv: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "journeyserver.settings"
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        django.setup()
        from journeyserver import commands, store
        from journeyserver.engine.backends.base import WarehouseError

        try:
            if argv and argv[0] in _DELEGATED:
                return int(import_module(_DELEGATED[argv[0]]).main(argv[1:]) or 0)
            return commands.main(argv)
        except (store.Refusal, WarehouseError) as refusal:
            return _say(str(refusal))
        except DatabaseError as error:
            return _say(store.sentence(error))
        except KeyboardInterrupt:
            return 130
    except ImproperlyConfigured as error:
        return _say(str(error), os.EX_CONFIG)


def _say(sentence: str, code: int = 1) -> int:
    print(f"journeyserver: {sentence}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
