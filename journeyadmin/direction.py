"""Names that turn the direction of writing (a right-to-left override, say): what stands beside them in a sentence is not turned.

What is beside a name in an element of its own needs none of this, nor does Arabic or Hebrew: only marks that would go on turning.
https://www.w3.org/International/questions/qa-bidi-unicode-controls
"""

import re

_TURNS = re.compile("[\u202a\u202b\u202d\u202e\u2066-\u2068]")
# In each language's own quotation marks.
_QUOTED = re.compile("(?<=“)[^“”]+(?=”)|(?<=„)[^„“]+(?=“)")


def isolated(text: str) -> str:
    """The name, for a place in a sentence."""
    return f"\u2068{text}\u2069" if _TURNS.search(text) else text


def isolated_quotes(sentence: str) -> str:
    """A finished sentence, with each name in its quotation marks."""
    return _QUOTED.sub(lambda found: isolated(found[0]), sentence) if _TURNS.search(sentence) else sentence
