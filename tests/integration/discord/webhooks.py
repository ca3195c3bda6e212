"""Discord's webhooks on this machine: they keep what is written by them, and refuse what Discord refuses.

Limits that Discord's description does not tell are those of its documentation: an embed of 6,000 characters in all,
what may not be empty, and that a webhook has no nonce.
"""

from __future__ import annotations

import re
from typing import Any, Final

from attrs import define, field

from tests.integration.discord.described import DESCRIPTION, faults_of_answer, faults_of_request
from tests.integration.discord.loopback import Answer, Loopback, Received

EXECUTE: Final = "/webhooks/{webhook_id}/{webhook_token}"
_PATH: Final = re.compile(r"/api(?:/v\d+)?/webhooks/(?P<id>\d+)/(?P<token>[\w-]+)", re.ASCII)


def refusal(status: int, code: int, message: str, **errors: Any) -> Answer:
    """A refusal as Discord words it."""
    told = {"message": message, "code": code, **({"errors": errors} if errors else {})}
    assert not DESCRIPTION.exists() or not faults_of_answer(EXECUTE, "post", status, told)
    return Answer.json(told, status=status)


@define(eq=False)
class LoopbackWebhooks(Loopback):
    """Channels with webhooks; `messages` is what was written by each, in the order in which it came."""

    tokens: dict[str, str] = field(factory=dict, init=False)
    messages: dict[str, list[dict[str, Any]]] = field(factory=dict, init=False)

    def webhook(self, webhook_id: str = "1190000000000000002", token: str = "loop-back_token") -> str:
        """The URL of a webhook, new or as it was."""
        self.tokens[webhook_id] = token
        self.messages.setdefault(webhook_id, [])
        return f"{self.url}/api/webhooks/{webhook_id}/{token}"

    def remove(self, webhook_id: str) -> None:
        """Somebody deletes the webhook."""
        del self.tokens[webhook_id]

    def reset(self) -> None:
        super().reset()
        self.tokens.clear()
        self.messages.clear()

    def titles(self, webhook_id: str = "1190000000000000002") -> list[str]:
        """The titles of what was written by a webhook."""
        return [message["embeds"][0].get("title", "") for message in self.messages[webhook_id]]

    def answer(self, request: Received) -> Answer:
        found = _PATH.fullmatch(request.path)
        if found is None or request.method != "POST":
            return refusal(404, 0, "404: Not Found")
        if found["id"] not in self.tokens:
            return refusal(404, 10015, "Unknown Webhook")
        if found["token"] != self.tokens[found["id"]]:
            return refusal(401, 50027, "Invalid Webhook Token")
        assert request.headers["content-type"] == "application/json"
        body = request.json()
        if DESCRIPTION.exists():
            assert faults_of_request(EXECUTE, "post", body) == []
        if fault := _fault(body):
            return refusal(400, 50035, f"Invalid Form Body: {fault}")
        self.messages[found["id"]].append(body)
        if request.query.get("wait") != "true":
            return Answer(status=204)
        message = _message(body, found["id"], number=len(self.requests))
        if DESCRIPTION.exists():
            assert faults_of_answer(EXECUTE, "post", 200, message) == []
        return Answer.json(message)


def _fault(body: dict[str, Any]) -> str | None:
    """What Discord does not take, though its description lets it through."""
    embeds, total = body.get("embeds") or [], 0
    if not body.get("content") and not embeds:
        return "Cannot send an empty message"
    for embed in embeds:
        parts = {"title": (embed.get("title"), 256), "description": (embed.get("description"), 4096)}
        parts["footer"] = (embed.get("footer", {}).get("text"), 2048)
        for number, each in enumerate(embed.get("fields", [])):
            parts[f"fields.{number}.name"] = (each.get("name") or "", 256)
            parts[f"fields.{number}.value"] = (each.get("value") or "", 1024)
        for name, (text, most) in parts.items():
            if text is not None and not 0 < len(text.strip().encode("utf-16-le")) // 2 <= most:
                return f"embeds.{name}: between 1 and {most} in length"
            total += len((text or "").strip().encode("utf-16-le")) // 2
        if len(embed.get("fields", [])) > 25:
            return "embeds.fields: 25 or fewer in length"
    return "embeds: 6000 characters in all" if total > 6000 else None


def _message(body: dict[str, Any], webhook_id: str, *, number: int) -> dict[str, Any]:
    """The message that was written, as Discord shows it."""
    return {
        "id": str(1_190_000_000_000_000_100 + number),
        "channel_id": "1190000000000000003",
        "webhook_id": webhook_id,
        "type": 0,
        "content": body.get("content", ""),
        "author": {
            "id": webhook_id,
            "username": "Night Watch",
            "avatar": None,
            "discriminator": "0000",
            "public_flags": 0,
            "flags": 0,
            "global_name": None,
            "bot": True,
            "primary_guild": None,
        },
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [{"type": "rich", **_embed(each)} for each in body.get("embeds", [])],
        "components": [],
        "timestamp": "2026-11-20T20:15:00.000000+00:00",
        "edited_timestamp": None,
        "flags": 0,
        "pinned": False,
        "tts": False,
    }


def _embed(embed: dict[str, Any]) -> dict[str, Any]:
    fields = [{"inline": False, **each} for each in embed.get("fields", [])]
    return {**embed, "fields": fields} if fields else embed
