"""The pages around signing in: plain HTML without scripts, each with at most one thing to do."""

from __future__ import annotations

from typing import Any, Final

from attrs import frozen
from jinja2 import Environment

from dkp_entrypoints.http.pages import SHELL, STYLE

_ACCOUNT: Final = """{% extends "shell" %}{% block body %}
<h1>{{ title }}</h1>
{% if username %}<p>You are signed in as <strong>{{ username }}</strong>.</p>
<form method="post" action="/accounts/logout/">
<input type="hidden" name="csrf_token" value="{{ csrf_token }}"><button type="submit">Sign out</button></form>
{% else %}<p>You are not signed in.</p>
{% if with_discord %}<p><a href="/accounts/discord/login/">Sign in with Discord</a></p>
{% else %}<p>Who runs this installation can give you a one-time link.</p>{% endif %}{% endif %}
<p><a href="/schema/">The API</a></p>
{% endblock %}"""

_FIRST_KEY: Final = """{% extends "shell" %}{% block body %}
<h1>{{ title }}</h1>
<p>You are signed in as <strong>{{ username }}</strong>. This is your first key, for programs that act for you. It is
shown this once: keep it where nobody else finds it. You can make others, and revoke any, at any time.</p>
<pre>{{ key }}</pre>
<p><a href="{{ next_path }}">Go on</a></p>
{% endblock %}"""

_LINK: Final = """{% extends "shell" %}{% block body %}
<h1>{{ title }}</h1>
<p>This link signs you in, once.</p>
<form method="post" action="/accounts/link/{{ code }}/">
<input type="hidden" name="csrf_token" value="{{ csrf_token }}"><button type="submit">Sign in</button></form>
{% endblock %}"""

_REFUSED: Final = """{% extends "shell" %}{% block body %}
<h1>{{ title }}</h1>
<p>{{ sentence }}</p>
<p><a href="/accounts/">Begin again</a></p>
{% endblock %}"""


@frozen
class SignInPages:
    """Renders them, with everything that is put into them escaped."""

    environment: Environment

    @classmethod
    def make(cls) -> SignInPages:
        """The pages."""
        from jinja2 import DictLoader  # dear to import: only with pages

        pages = {"account": _ACCOUNT, "first_key": _FIRST_KEY, "link": _LINK, "refused": _REFUSED}
        return cls(Environment(loader=DictLoader({"shell": SHELL, **pages}), autoescape=True))

    def account(self, *, username: str | None, csrf_token: str, with_discord: bool) -> bytes:
        """Who is signed in, with a button to sign out; or how to sign in."""
        return self._rendered(
            "account", "Your account", username=username, csrf_token=csrf_token, with_discord=with_discord
        )

    def first_key(self, *, username: str, key: str, next_path: str) -> bytes:
        """The key that somebody gets when they first sign in, shown this once."""
        return self._rendered("first_key", "Welcome", username=username, key=key, next_path=next_path)

    def link(self, *, code: str, csrf_token: str) -> bytes:
        """A button: whatever merely looks at the link does not use it up."""
        return self._rendered("link", "Sign in", code=code, csrf_token=csrf_token)

    def refused(self, *, title: str, sentence: str) -> bytes:
        """Why it came to nothing."""
        return self._rendered("refused", title, sentence=sentence)

    def _rendered(self, name: str, title: str, **values: Any) -> bytes:
        return self.environment.get_template(name).render(style=STYLE, title=title, **values).encode()
