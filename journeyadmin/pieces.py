"""`{% piece %}`: parts of a page that are drawn once and kept, forms and all."""

import secrets
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from journeyadmin import clocks
from journeyadmin.latest import Latest

register = template.Library()

_kept: Latest[tuple[object, ...], str] = Latest(2048)
# What stands in a kept piece for what is new in each request. Nobody can have written these: each process draws its own.
_TOKEN, _PAGE = (secrets.token_hex(16) for _ in range(2))


class PieceNode(template.Node):
    """Keeps what is between its tags by everything that its text depends on."""

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, name: str, depends: list[FilterExpression]) -> None:
        self.nodelist, self.name, self.depends = nodelist, name, depends

    def render(self, context: Context) -> SafeString:
        key = (
            self.name,
            translation.get_language(),
            clocks.active(),
            *(_hashable(one.resolve(context)) for one in self.depends),
        )
        text = _kept.get(key)
        if text is None:
            with context.push(csrf_token=_TOKEN, this_page=_PAGE):
                text = str(self.nodelist.render(context))
            # Where templates are read anew at each request, somebody is at work on them.
            if context.template is not None and not context.template.engine.debug:
                _kept.put(key, text)
        token, page = str(context.get("csrf_token", "")), escape(context.get("this_page", ""))
        return mark_safe(text.replace(_TOKEN, token).replace(_PAGE, page))  # noqa: S308 (drawn by a template)


@register.tag
def piece(parser: Parser, token: Token) -> PieceNode:
    """`{% piece "menus" theme zone %}…{% endpiece %}` draws what is inside once for each theme, zone and language.

    Name everything else that it depends on. The form token (`{% csrf_token %}`) and `{{ this_page }}`, the page's own address,
    may stand in it and are those of the request.
    """
    _tag, name, *depends = token.split_contents()
    nodelist = parser.parse(("endpiece",))
    parser.delete_first_token()
    return PieceNode(nodelist, name, [parser.compile_filter(one) for one in depends])


def forget() -> None:
    """Nothing is kept any more."""
    _kept.forget()


def _hashable(value: Any) -> object:
    """`True` and 1 are equal, and a lazy text is not its words: each kind by itself, and texts as they read now."""
    if value is None or isinstance(value, (bool, int)):
        return type(value), value
    if isinstance(value, tuple):
        return tuple(_hashable(one) for one in value)
    return str(value)
