"""The API's document as a page to read, and the catalogue of problems: plain HTML, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen
from jinja2 import Environment

from dkp_entrypoints.http.presenting import encode
from dkp_entrypoints.http.problems import catalogue

STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: .3rem .7rem; }
summary { cursor: pointer; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
nav a { margin-right: .8rem; }
"""

SHELL: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title><style>{{ style | safe }}</style></head><body>
{%- block body %}{% endblock -%}
</body></html>
"""

_DOCUMENT: Final = """{% extends "shell" %}{% block body %}
<h1>{{ document.info.title }} {{ document.info.version }}</h1>
{% for part in document.info.description.split("\\n\\n") %}<p>{{ part }}</p>{% endfor %}
<p><a href="/schema/openapi.json">The document as JSON</a> · <a href="/problems/">Every problem</a></p>
<nav aria-label="Parts">{% for tag in document.tags %}<a href="#{{ tag.name | replace(" ", "-") }}">{{ tag.name }}</a>
{% endfor %}</nav>
{% for tag in document.tags %}
<h2 id="{{ tag.name | replace(" ", "-") }}">{{ tag.name }}</h2>
{% for path, method, operation in operations if tag.name in operation.tags %}
<details id="{{ operation.operationId }}"><summary><span class="method">{{ method | upper }}</span>
 <code>{{ path }}</code> {{ operation.summary }}</summary>
{% for part in operation.description.split("\\n\\n") %}<p>{{ part }}</p>{% endfor %}
{% if operation.parameters %}<table><caption>Parameters</caption>
<thead><tr><th>Name</th><th>In</th><th>What</th></tr></thead><tbody>
{% for parameter in operation.parameters %}{% set it = resolved(parameter) %}
<tr><td><code>{{ it.name }}</code>{% if it.required %} (needed){% endif %}</td><td>{{ it.in }}</td>
<td>{{ it.description }} <code>{{ short(it.schema) }}</code></td></tr>{% endfor %}</tbody></table>{% endif %}
{% if operation.requestBody %}<h3>Body</h3>{% for kind, content in operation.requestBody.content.items() %}
<p><code>{{ kind }}</code></p>{% if content.example is defined %}<pre>{{ pretty(content.example) }}</pre>{% endif %}
<details><summary>Schema</summary><pre>{{ pretty(resolved(content.schema)) }}</pre></details>{% endfor %}{% endif %}
<h3>Answers</h3>{% for status, given in operation.responses.items() %}{% set answer = resolved(given) %}
<details><summary><strong>{{ status }}</strong> {{ answer.description }}</summary>
{% for kind, content in (answer.content or {}).items() if "$ref" not in given %}<p><code>{{ kind }}</code></p>
{% if content.example is defined %}<pre>{{ pretty(content.example) }}</pre>{% endif %}{% endfor %}</details>{% endfor %}
</details>
{% endfor %}{% endfor %}
{% endblock %}"""

_PROBLEMS: Final = """{% extends "shell" %}{% block body %}
<h1>{{ title }}</h1><p><a href="/schema/">The API</a></p>
<table><thead><tr><th>Code</th><th>Status</th><th>What is so</th></tr></thead><tbody>
{% for code, (status, text) in problems.items() %}
<tr id="{{ code }}"><td><code>{{ code }}</code></td><td>{{ status }}</td><td>{{ text }}</td></tr>
{% endfor %}</tbody></table>
{% endblock %}"""

_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'"
CONTENT_SECURITY: Final = f"{_POLICY}; form-action 'none'".encode()
CONTENT_SECURITY_OF_FORMS: Final = f"{_POLICY}; form-action 'self'".encode()


@frozen
class Pages:
    """Renders the pages, each once."""

    environment: Environment

    @classmethod
    def make(cls) -> Pages:
        """The pages, with everything that is put into them escaped."""
        from jinja2 import DictLoader  # dear to import: only with pages

        loader = DictLoader({"shell": SHELL, "document": _DOCUMENT, "problems": _PROBLEMS})
        return cls(Environment(loader=loader, autoescape=True))

    def document(self, document: Mapping[str, Any]) -> bytes:
        """The OpenAPI document to read."""
        components = document["components"]

        def resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
            if "$ref" not in value:
                return value
            _, _, part, name = value["$ref"].split("/")
            found: Mapping[str, Any] = components[part][name]
            return found

        return self._rendered(
            "document",
            title="dkp API",
            document=document,
            operations=list(_operations(document)),
            resolved=resolved,
            short=_short,
            pretty=_pretty,
        )

    def problems(self, code: str | None = None) -> bytes | None:
        """The catalogue of problems, or one of them; None where there is none of that code."""
        known = catalogue()
        if code is None:
            return self._rendered("problems", title="Problems", problems=known)
        if code not in known:
            return None
        return self._rendered("problems", title=f"Problem {code}", problems={code: known[code]})

    def _rendered(self, name: str, **values: Any) -> bytes:
        return self.environment.get_template(name).render(style=STYLE, **values).encode()


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _short(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    kind = schema.get("type", "")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _pretty(value: Any) -> str:
    import msgspec  # the formatter is only needed here

    return msgspec.json.format(encode(value), indent=2).decode()
