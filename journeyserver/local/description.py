"""The OpenAPI description of everything this server answers, at /openapi.json, and a page to read it, at /docs."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

import journeyserver
from journeyserver.errors import only_read

Json = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 8
# What every operation of ours may be answered, and every one that reads a body.
_FAULTS = {"500": "InternalServerError", "503": "ServiceUnavailable"}
_OF_A_BODY = {"408": "RequestTimeout", "413": "PayloadTooLarge", "415": "UnsupportedMediaType"}


@lru_cache(maxsize=1)
def combined() -> Json:
    """The contract's description and ours as one; without the rehearsal where the server is not started for it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    nine: Json = yaml.load((settings.ROOT / "docs/api/journey-openapi.yaml").read_bytes(), Loader=loader)  # noqa: S506
    ours: Json = yaml.load(files("journeyserver.local").joinpath("openapi.yaml").read_bytes(), Loader=loader)  # noqa: S506
    paths = {
        path: methods
        for path, methods in ours["paths"].items()
        if settings.FAULTS or not path.endswith("/faults")
    }
    for methods in paths.values():
        for operation in methods.values():
            answers = {**_OF_A_BODY, **_FAULTS} if "requestBody" in operation else _FAULTS
            for status, name in answers.items():
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/{name}"})
    # Sign-in has a host of its own at the real service; here it is the same.
    contract = {
        path: {name: value for name, value in methods.items() if name != "servers"}
        for path, methods in nine["paths"].items()
    }
    tags = [tag for tag in ours["tags"] if settings.FAULTS or tag["name"] != "Rehearsal"]
    return {
        **nine,
        "info": {
            **nine["info"],
            "title": "Journey server",
            "version": journeyserver.__version__,
            "description": nine["info"]["description"]
            + " What lies below /api/local/v1 is this server's own, and no part of the Journey API.",
        },
        "servers": [{"url": "/"}],
        "tags": [*nine["tags"], *tags],
        "paths": {**contract, **paths},
        "components": {
            **nine["components"],
            "schemas": {**nine["components"]["schemas"], **ours["components"]["schemas"]},
        },
    }


@lru_cache(maxsize=1)
def _json() -> bytes:
    return orjson.dumps(combined())


def openapi(request: HttpRequest) -> HttpResponse:
    """The description for machines."""
    only_read(request)
    return HttpResponse(_json(), content_type="application/json")


def page(request: HttpRequest) -> HttpResponse:
    """The description for people."""
    only_read(request)
    return HttpResponse(
        _page(),
        headers={
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
            "base-uri 'none'; form-action 'none'"
        },
    )


def stylesheet(request: HttpRequest) -> HttpResponse:
    only_read(request)
    text = files("journeyserver").joinpath("templates/journeyserver/docs.css").read_bytes()
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


@lru_cache(maxsize=1)
def _page() -> str:
    described = combined()
    chapters = [
        {
            "name": tag["name"],
            "about": tag.get("description", ""),
            "operations": list(_operations(tag["name"])),
        }
        for tag in described["tags"]
    ]
    return render_to_string(
        "journeyserver/docs.html",
        {"info": described["info"], "chapters": [row for row in chapters if row["operations"]]},
    )


def _operations(tag: str) -> Iterator[Json]:
    for path, methods in combined()["paths"].items():
        for method in _METHODS:
            operation = methods.get(method)
            if operation and tag in operation.get("tags", ()):
                shared = methods.get("parameters", ())
                yield _shown(
                    path, method, {**operation, "parameters": [*shared, *operation.get("parameters", ())]}
                )


def _shown(path: str, method: str, operation: Json) -> Json:
    scopes = [scope for way in operation.get("security", ()) for names in way.values() for scope in names]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "about": operation.get("description", ""),
        "permissions": operation.get("x-permissions", {}).get("permissions", ()),
        "scopes": list(dict.fromkeys(scopes)),
        "parameters": [_parameter(_followed(row)) for row in operation["parameters"]],
        "body": _outline_of(_followed(operation.get("requestBody", {}))),
        "answers": [
            {"status": status, "about": answer.get("description", ""), "rows": _outline_of(answer)}
            for status, answer in ((code, _followed(row)) for code, row in operation["responses"].items())
        ],
    }


def _parameter(row: Json) -> Json:
    schema = _followed(row.get("schema", {}))
    return {
        "name": row["name"],
        "place": row["in"],
        "type": _type(schema),
        "required": row.get("required", False),
        "about": row.get("description", ""),
    }


def _followed(value: Json) -> Json:
    """What a reference points at."""
    while "$ref" in value:
        found: Any = combined()
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _outline_of(holder: Json) -> list[Json]:
    """The fields of a body, with how deep each lies; nothing for an error body, which is always the same."""
    for kind, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        if schema.get("$ref", "").endswith("/ErrorBody"):
            return []
        if kind != "application/json":
            return [
                {"depth": 0, "name": kind, "type": _type(_followed(schema)), "required": True, "about": ""}
            ]
        return list(_fields(_whole(schema), 0))
    return []


def _whole(schema: Json) -> Json:
    """A schema with its reference followed and the parts of an allOf put together."""
    schema = _followed(schema)
    for part in schema.get("allOf", ()):
        more = _whole(part)
        schema = {
            **schema,
            "type": more.get("type", schema.get("type", "object")),
            "properties": {**schema.get("properties", {}), **more.get("properties", {})},
            "required": [*schema.get("required", ()), *more.get("required", ())],
        }
    choices = [_whole(part) for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
    objects = [choice for choice in choices if choice.get("properties")]
    if objects and not schema.get("properties"):
        schema = {**schema, **objects[0], "nullable": len(choices) > len(objects)}
    return schema


def _fields(schema: Json, depth: int) -> Iterator[Json]:
    while schema.get("type") == "array":
        schema = _whole(schema.get("items", {}))
    if depth > _DEEPEST:
        return
    for name, value in schema.get("properties", {}).items():
        field = _whole(value)
        yield {
            "depth": depth,
            "name": name,
            "type": _type(field),
            "required": name in schema.get("required", ()),
            "about": value.get("description") or field.get("description", ""),
        }
        yield from _fields(field, depth + 1)


def _type(schema: Mapping[str, Any]) -> str:
    """A type in words: `text`, `whole number`, `list of objects`, `one of a, b`."""
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        names = [str(value) for value in schema["enum"]]
        more = f" and {len(names) - _ENUM} more" if len(names) > _ENUM + 1 else ""
        return "one of " + ", ".join(names[:_ENUM] if more else names) + more
    kind = schema.get("type", "object" if schema.get("properties") else "anything")
    kinds = [kind] if isinstance(kind, str) else list(kind)
    if "array" in kinds:
        items = _type(_whole(schema.get("items", {})))
        return f"list of {_PLURALS.get(items, items)}"
    words = " or ".join(_WORDS.get(one, one) for one in kinds)
    if schema.get("format") == "date-time":
        words = words.replace("text", "time")
    if "default" in schema:
        words += f", {orjson.dumps(schema['default']).decode()} by default"
    return words + (" or null" if schema.get("nullable") else "")


_ENUM = 8
_PLURALS = {"object": "objects", "text": "texts", "whole number": "whole numbers"}
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
}
