"""Files that are given for dumps and are none: web pages and what is no text (D-14)."""

from __future__ import annotations

from dkp_core.kernel.text_file import binary_kind, web_page
from dkp_core.raids.formats.errors import DumpIsBinary, DumpIsHtml


def refuse_binary(head: bytes, opening: bytes) -> None:
    """Refuse what is no text, by the file's first bytes as uploaded and as read.

    Raises: DumpIsBinary.
    """
    kind = binary_kind(head, opening)
    if kind is not None:
        raise DumpIsBinary(kind)


def refuse_html(opening: str) -> None:
    """Refuse a web page, and say so where it asks for a password.

    Raises: DumpIsHtml.
    """
    page = web_page(opening)
    if page is not None:
        raise DumpIsHtml(page.title, page.is_login)
