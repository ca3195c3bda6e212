"""Pages show text as text, whatever it holds (O-13)."""

from __future__ import annotations

from dkp_entrypoints.http.pages import Pages

HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=y>"


def test_what_a_page_shows_is_escaped() -> None:
    """O-13: names, descriptions and examples are put into it as text."""
    parameter = {"name": HOSTILE, "in": "query", "description": HOSTILE, "schema": {"type": HOSTILE}}
    document = {
        "info": {"title": "dkp", "version": "1", "description": HOSTILE},
        "tags": [{"name": HOSTILE}],
        "components": {},
        "paths": {
            f"/{HOSTILE}/": {
                "get": {
                    "operationId": HOSTILE,
                    "summary": HOSTILE,
                    "description": HOSTILE,
                    "tags": [HOSTILE],
                    "parameters": [parameter],
                    "responses": {HOSTILE: {"description": HOSTILE, "content": {HOSTILE: {"example": HOSTILE}}}},
                }
            }
        },
    }
    page = Pages.make().document(document).decode()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert '">' not in page.replace('lang="en">', "").partition("&lt;script")[2].partition("<")[0]


def test_a_problem_that_there_is_not_has_no_page() -> None:
    """O-13: what is asked for is not repeated."""
    assert Pages.make().problems(HOSTILE) is None
