"""The HTTP interface described: `/openapi.json` for programs, `/docs` for people.

Both need no network and are made from the types that the server reads and writes.
"""

import re
from html import escape
from typing import Any, NamedTuple, cast

import msgspec
from aiohttp import web

from firsthand import __version__
from firsthand.serve.http import SESSIONS, answer
from firsthand.serve.wire import Act, Open, View

ABOUT = (
    "Play environments. Open a session, act until the view says `over`, and read the outcome. Send "
    "`Authorization: Bearer KEY` where the server has keys. Errors are {error: {code, message}}."
)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}code,pre{font:14px/1.45 ui-monospace,monospace;background:#f4f4f2}"
    "pre{padding:.7rem;white-space:pre-wrap}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd}"
    "td:first-child{width:17rem}h2{margin-top:2rem}.verb{font-weight:700;text-transform:uppercase}"
)


class Call(NamedTuple):
    """One address: what it is for, what goes in, what comes out."""

    verb: str
    path: str
    summary: str
    takes: type | None
    gives: type | None
    status: int = 200


ADDRESSES = (
    Call("get", "/environments", "What is served.", None, None),
    Call("post", "/sessions", "Open a session: its first view.", Open, View, 201),
    Call("get", "/sessions/{id}", "What was shown last, with what is asked.", None, View),
    Call("post", "/sessions/{id}/act", "Take a turn: the next view.", Act, View),
    Call("post", "/sessions/{id}/finish", "End here, with the score as it stands.", None, View),
    Call("delete", "/sessions/{id}", "Leave: an episode that is not over fails.", None, None, 204),
    Call("get", "/health", "Whether the server is up.", None, None),
)
SOCKETS = (
    ("/play", 'The same over one WebSocket: {"open": …}, {"act": …}, {"finish": true}.'),
    ("/ws", "OpenEnv's protocol, for its GenericEnvClient; also /openenv/DOMAIN/FAMILY/ws."),
    ("/mcp", "MCP, streamable HTTP, where firsthand[serve] is installed."),
)


def add(app: web.Application) -> None:
    """Add the two addresses."""
    app.router.add_get("/openapi.json", _document)
    app.router.add_get("/docs", _page)


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    types = [Open, Act, View]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for call in ADDRESSES:
        paths.setdefault(call.path, {})[call.verb] = _operation(call)
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "firsthand serve", "version": __version__, "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}, {}],
    }
    return msgspec.json.decode(msgspec.json.encode(whole))  # as it is read: lists for tuples


def _operation(call: Call) -> dict[str, Any]:
    result: dict[str, Any] = {"description": call.summary}
    if call.gives is not None:
        result["content"] = _content(call.gives)
    operation: dict[str, Any] = {
        "summary": call.summary,
        "responses": {
            str(call.status): result,
            "default": {"description": "A refusal: {error: {code, message}}."},
        },
    }
    if "{id}" in call.path:
        id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
        operation["parameters"] = [id]
    if call.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(call.takes)}
    return operation


def _content(kind: type) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"application/json": {"schema": reference}}


async def _document(_request: web.Request) -> web.Response:
    return answer(document())


async def _page(request: web.Request) -> web.Response:
    served = list(request.app[SESSIONS].environments)
    return web.Response(text=page(served, request.host), content_type="text/html")


def page(environments: list[str], host: str = "localhost:8321") -> str:
    """Return the description as one page of HTML, without scripts or anything fetched."""
    schemas = cast("dict[str, dict[str, Any]]", document()["components"]["schemas"])
    rows = "".join(_row(call) for call in ADDRESSES)
    sockets = "".join(_cells(f"<code>{path}</code>", escape(what)) for path, what in SOCKETS)
    types = "".join(_type(name, schema) for name, schema in schemas.items())
    name = escape(environments[0])
    example = escape(
        f"curl -s -X POST {host}/sessions "
        f"""-d '{{"environment": "{environments[0]}", "seed": 0}}'\n"""
        f"curl -s -X POST {host}/sessions/ID/act "
        """-d '{"calls": [{"name": "TOOL", "arguments": {}}]}'"""
    )
    served = ", ".join(f"<code>{escape(each)}</code>" for each in environments)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>firsthand serve: {name}</title>"
        f"<meta name=viewport content='width=device-width'><style>{STYLE}</style>"
        f"<h1>firsthand serve</h1><p>{_prose(ABOUT)}</p><p>Served: {served}</p>"
        f"<pre>{example}</pre><h2>Addresses</h2><table>{rows}{sockets}</table>"
        "<p>For programs: <a href=openapi.json>openapi.json</a></p>"
        f"<h2>Messages</h2>{types}</html>"
    )


def _row(call: Call) -> str:
    takes = f" Takes {call.takes.__name__}." if call.takes else ""
    gives = f" Gives {call.gives.__name__}." if call.gives else ""
    verb = f"<span class=verb>{call.verb}</span> <code>{escape(call.path)}</code>"
    return _cells(verb, escape(call.summary + takes + gives))


def _type(name: str, schema: dict[str, Any]) -> str:
    said = _prose(" ".join(str(schema.get("description", "")).split()))
    required = schema.get("required", ())
    rows = "".join(
        _cells(
            f"<code>{escape(field)}</code>{' (required)' if field in required else ''}",
            f"<code>{escape(_kind(kind))}</code>",
        )
        for field, kind in schema.get("properties", {}).items()
    )
    return f"<h3 id={escape(name)}>{escape(name)}</h3><p>{said}</p><table>{rows}</table>"


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(msgspec.json.encode(value).decode() for value in schema["enum"])
    if schema.get("type") == "array" and "items" in schema:
        return f"array of {_kind(schema['items'])}"
    return str(schema.get("type", "any"))


def _prose(text: str) -> str:
    """Write a docstring as HTML: names between backticks become code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _cells(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
