"""The OpenAPI document: made from the operations that are served, so that it can't say anything else (I-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from dkp_entrypoints.http.asking import API_VERSION
from dkp_entrypoints.http.cookies import SESSION
from dkp_entrypoints.http.operation import Files, Operation, PathParameter, text_of
from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.http.problems import PROBLEM_JSON, TITLES, Problem, catalogue
from dkp_entrypoints.http.reading import Body
from dkp_entrypoints.http.schemas import EXAMPLES, Schema, Schemas, example_of
from dkp_entrypoints.http.streaming import EVENT_STREAM

_ABOUT: Final = """\
What a guild keeps here, for its bots and programs.

Keys: `Authorization: Bearer dkp_…` (`Token dkp_…` is taken too). A personal key may do what its owner may, a bot key
what its scopes say. A browser that signed in under `/accounts/` has a session instead, and sends `X-CSRF-Token` with
whatever is not a GET (`GET /api/auth/session/` tells it).

The guild is the one that `X-Guild` names (slug or id), else the bot key's own, else your only one, else your default,
else the installation's only one.

Points go out as strings with two decimals and come in as strings or whole numbers; a JSON float is refused. Times go
out in UTC and come in with their offset. Unknown fields and parameters are refused, with those that are known.

Pages have `count`, `next`, `previous` and `results`, and take `page`, `page_size` (50 unless asked for, 500 at most),
`ordering` (`-current,name`), `search`, and filters by the names of fields. Paths work with and without their last
slash.

Errors are problems (RFC 9457) with a `code` that never changes; `errors` names each field, its fault and what is
accepted. Polled lists have an `ETag` and answer `304` to `If-None-Match`. A POST that moves or holds points takes an
`Idempotency-Key`: for 24 hours the same request gets the same answer again."""

_HEADERS: Final[dict[str, Schema]] = {
    "X-Request-ID": {
        "description": "The id of this request in the logs: the one that was sent, or a new one.",
        "schema": {"type": "string"},
    },
    "API-Version": {"description": "The version that is spoken.", "schema": {"const": API_VERSION}},
}
_SECURITY: Final[dict[str, Schema]] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A personal or bot key."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": f"__Host-{SESSION}",
        "description": "A session, as browsers have it after signing in. Whatever is not a GET needs the header "
        "X-CSRF-Token too, whose value GET /api/auth/session/ tells. A key is heard first.",
    },
}
_REFUSALS: Final = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)


def document_of(operations: Sequence[Operation], *, version: str, public_url: str = "") -> dict[str, Any]:
    """The document of these operations."""
    schemas = Schemas()
    problem = schemas.of(Problem)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "dkp", "version": version, "description": _ABOUT, "license": {"name": "MIT"}},
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {str(status): _refusal(status, problem) for status in _REFUSALS},
            "parameters": _parameters(),
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
        },
    }
    if public_url:
        document["servers"] = [{"url": public_url.rstrip("/")}]
    return document


def _operation(operation: Operation, schemas: Schemas) -> Schema:
    text = text_of(operation)
    shown: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": _summary(text),
        "description": f"{text}\n\n{_needed(operation)}",
        "responses": _responses(operation, schemas),
        "x-permission": [permission.value for permission in operation.needs],
    }
    if operation.use_case is not None:
        shown["x-use-case"] = operation.use_case
    parameters = [_in_path(each) for each in operation.parameters]
    if operation.query is not None:
        parameters += _in_query(operation.query, schemas)
    if not operation.anonymous:
        shown["security"] = [{"key": []}, {"session": []}, *([{}] if operation.open_to_all else [])]
        if not any(each.name == "guild" for each in operation.parameters):
            parameters.append({"$ref": "#/components/parameters/Guild"})
    if operation.idempotent:
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation.polled:
        parameters.append({"$ref": "#/components/parameters/IfNoneMatch"})
    if operation.stream:
        parameters.append({"$ref": "#/components/parameters/LastEventId"})
    parameters += [{"$ref": "#/components/parameters/Version"}, {"$ref": "#/components/parameters/RequestId"}]
    shown["parameters"] = parameters
    if operation.body is not None:
        shown["requestBody"] = _request_body(operation, operation.body, schemas)
    return shown


def _summary(text: str) -> str:
    first = text.split("\n\n", maxsplit=1)[0].replace("\n", " ")
    return first.split(". ")[0].rstrip(".")


def _needed(operation: Operation) -> str:
    if operation.anonymous:
        return "Needs no key."
    words = [f"`{permission}`" for permission in operation.needs]
    if not words:
        return f"Needs {operation.own}."
    return f"Needs the permission {' or '.join(words)}" + (f", or {operation.own}." if operation.own else ".")


def _in_path(parameter: PathParameter) -> Schema:
    schema: Schema = {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
    example: Any = EXAMPLES.get(parameter.name, "text")
    if parameter.is_id:
        schema, example = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}, 7
    return {"name": parameter.name, "in": "path", "required": True, "schema": schema, "example": example}


def _in_query(query: type[msgspec.Struct], schemas: Schemas) -> list[Schema]:
    found = []
    for each in msgspec.structs.fields(query):
        schema = _without_null(schemas.of(each.type))
        description = schema.pop("description", None)
        if each.default not in (msgspec.NODEFAULT, None, ""):
            schema["default"] = each.default
        shown: Schema = {"name": each.encode_name, "in": "query", "required": each.required, "schema": schema}
        if description:
            shown["description"] = description
        found.append(shown)
    return found


def _without_null(schema: Schema) -> Schema:
    """What may be given in a query, where nothing is said by leaving it out."""
    if isinstance(schema.get("type"), list):
        (kind,) = (each for each in schema["type"] if each != "null")
        return {**schema, "type": kind}
    if "anyOf" in schema:
        options = [option for option in schema["anyOf"] if option != {"type": "null"}]
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        return {**options[0], **rest} if len(options) == 1 else {**schema, "anyOf": options}
    return dict(schema)


def _request_body(operation: Operation, body: type[Body], schemas: Schemas) -> Schema:
    schema = schemas.of(body)
    content: Schema = {"application/json": {"schema": schema, "example": example_of(body)}}
    if operation.files is not Files.NONE:
        form = {
            **schemas.components[body.__name__],
            "properties": {
                **_flat(schemas.components[body.__name__]["properties"]),
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
            },
        }
        content["multipart/form-data"] = {"schema": form}
    if operation.files is Files.FORM_OR_CSV:
        content["text/csv"] = {"schema": {"type": "string"}, "example": "character,amount\nThalindra,12.50\n"}
    return {"required": operation.needs_body, "content": content}


def _flat(properties: dict[str, Schema]) -> dict[str, Schema]:
    """What a form can hold: texts, not lists of objects."""
    return {name: schema for name, schema in properties.items() if "array" not in str(schema)}


def _responses(operation: Operation, schemas: Schemas) -> Schema:
    headers: Schema = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    found: Schema = {}
    statuses = [operation.status] if operation.other is None else [operation.status, operation.other[0]]
    for status in statuses:
        answer: Schema = {"description": _SUCCESS.get(status, "The answer."), "headers": dict(headers)}
        if operation.result is not None:
            example = example_of(operation.result)
            answer["content"] = {"application/json": {"schema": schemas.of(operation.result), "example": example}}
        if operation.media:
            answer["content"] = {media: {"schema": _file(media)} for media in operation.media}
        if operation.stream:
            answer["description"], answer["content"] = _STREAMED, {EVENT_STREAM.decode(): _events(operation, schemas)}
        if operation.polled:
            answer["headers"]["ETag"] = {"description": "Tells this answer apart.", "schema": {"type": "string"}}
        if operation.idempotent:
            answer["headers"]["Idempotency-Replayed"] = {
                "description": "`true` where this is the first answer again.",
                "schema": {"const": "true"},
            }
        found[str(status)] = answer
    if operation.polled:
        etag = {"description": "Tells the answer apart.", "schema": {"type": "string"}}
        found["304"] = {"description": "What you have still holds.", "headers": {**headers, "ETag": etag}}
    for status in _refusals(operation):
        found.setdefault(str(status), {"$ref": f"#/components/responses/{status}"})
    return found


def _file(media: str) -> Schema:
    return {"type": "object"} if media == "application/json" else {"type": "string", "contentMediaType": media}


def _events(operation: Operation, schemas: Schemas) -> Schema:
    """What each event of a stream holds, as OpenAPI before 3.2 is read; `data` is JSON in a text."""
    event = {} if operation.event is None else schemas.of(operation.event)
    data: Schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": event}
    told = {} if operation.event is None else example_of(operation.event)
    return {
        "schema": {
            "type": "object",
            "required": ["id", "event", "data"],
            "properties": {"id": {"type": "string"}, "event": {"const": "auction"}, "data": data},
        },
        "example": {"id": "7-12", "event": "auction", "data": encode(told).decode()},
    }


_STREAMED: Final = (
    "Server-sent events, until you leave: `auction` with the whole of an auction as JSON, first as it is, then "
    "whenever it has changed; a comment every 15 seconds where nothing has."
)

_SUCCESS: Final = {
    200: "The answer.",
    201: "It was done; the answer tells of it.",
    204: "It was done.",
    503: "Not ready.",
}


def _refusals(operation: Operation) -> Iterable[int]:
    yield 400
    if not operation.anonymous:
        yield from (401, 403, 404)
    yield from operation.refused_with
    if operation.writes:
        yield 409
    if operation.body is not None:
        yield from (413, 415)
    yield from (422, 429, 503)


def _refusal(status: int, problem: Schema) -> Schema:
    codes = [code for code, (of, _) in catalogue().items() if of == status]
    code = codes[0] if codes else "invalid_value"
    example: Schema = {
        "type": f"/problems/{code}",
        "title": catalogue()[code][1],
        "status": status,
        "detail": TITLES[status] + ".",
        "code": code,
        "instance": EXAMPLES["instance"],
        "request_id": EXAMPLES["request_id"],
        "errors": [],
    }
    if status == 422:
        example["errors"] = [{name: EXAMPLES[name] for name in ("field", "fault", "accepted")}]
    headers: Schema = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    if status in (429, 503):
        headers["Retry-After"] = {"description": "Seconds.", "schema": {"type": "integer"}}
    listed = ", ".join(f"`{each}`" for each in codes)
    return {
        "description": f"{TITLES[status]}. Codes: {listed}.",
        "headers": headers,
        "content": {PROBLEM_JSON: {"schema": problem, "example": example}},
    }


def _parameters() -> Schema:
    def header(name: str, description: str, schema: Schema) -> Schema:
        return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}

    return {
        "Guild": header("X-Guild", "The guild that is meant, by slug or id.", {"type": "string"}),
        "IdempotencyKey": header(
            "Idempotency-Key",
            "A new one for every new request; the same request under the same key gets the same answer, for 24 hours.",
            {"type": "string", "minLength": 1, "maxLength": 255},
        ),
        "IfNoneMatch": header("If-None-Match", "The ETag of the answer you have.", {"type": "string"}),
        "LastEventId": header(
            "Last-Event-ID",
            "The id of the last event you have seen: what has not changed since is not sent again.",
            {"type": "string"},
        ),
        "Version": header("API-Version", "The version you speak.", {"type": "string", "enum": [API_VERSION]}),
        "RequestId": header("X-Request-ID", "An id to find this request in the logs.", {"type": "string"}),
    }
