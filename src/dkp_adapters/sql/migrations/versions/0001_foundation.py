"""Foundation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dkp_adapters.sql.migrations.spelling import BYTES, LONG_TEXT, TABLE, letters

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Foundation."""
    op.create_table(
        "adjustments",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("reversed_at", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("note", LONG_TEXT, nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_adjustments")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("adjustments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_adjustments_guild_id_batch_id"), ["guild_id", "batch_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_adjustments_guild_id_external_id"),
            ["guild_id", "external_id"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "answered_requests",
        sa.Column("caller", letters(128), nullable=False),
        sa.Column("key", letters(255), nullable=False),
        sa.Column("body_hash", letters(64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", LONG_TEXT, nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_answered_requests")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("answered_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_answered_requests_expires_at"), ["expires_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "api_keys",
        sa.Column("id", letters(64), autoincrement=False, nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("prefix", letters(32), nullable=False),
        sa.Column("digest", letters(128), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("guild_id", sa.BigInteger(), nullable=True),
        sa.Column("scopes", LONG_TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("old_digest", letters(128), nullable=True),
        sa.Column("old_digest_until", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("use_count", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_keys_guild_id"), ["guild_id"], unique=False, if_not_exists=True)
        batch_op.create_index(batch_op.f("ix_api_keys_owner"), ["owner"], unique=False, if_not_exists=True)

    op.create_table(
        "application_comments",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=True),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "application_id", "id", name=op.f("pk_application_comments")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("application_comments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_application_comments_guild_id_author"),
            ["guild_id", "author"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "application_forms",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form", LONG_TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "version", name=op.f("pk_application_forms")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "application_transitions",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", letters(64), nullable=True),
        sa.Column("after", letters(64), nullable=False),
        sa.Column("outcome", letters(64), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "application_id", "number", name=op.f("pk_application_transitions")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "applications",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("open_for", sa.BigInteger(), nullable=True),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("archived", sa.SmallInteger(), nullable=False),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("trial_starts_at", sa.BigInteger(), nullable=True),
        sa.Column("trial_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("overdue", sa.SmallInteger(), nullable=False),
        sa.Column("proposal", letters(64), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("outcome", letters(64), nullable=True),
        sa.Column("task", letters(64), nullable=True),
        sa.Column("character_id", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("character_key", letters(128), nullable=False),
        sa.Column("server", letters(64), nullable=False),
        sa.Column("character_class", letters(64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("timezone", letters(64), nullable=False),
        sa.Column("email", letters(320), nullable=True),
        sa.Column("referees", LONG_TEXT, nullable=False),
        sa.Column("polls", LONG_TEXT, nullable=False),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.Column("previous_guilds", LONG_TEXT, nullable=False),
        sa.Column("availability", LONG_TEXT, nullable=False),
        sa.Column("references", LONG_TEXT, nullable=False),
        sa.Column("answers", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_applications")),
        sa.UniqueConstraint("guild_id", "open_for", name=op.f("uq_applications_guild_id_open_for")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_applications_guild_id_status"), ["guild_id", "status"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_applications_guild_id_user_id_id"),
            ["guild_id", "user_id", "id"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "attendance",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("character_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("awarded", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("upload_id", sa.BigInteger(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("ignored", sa.SmallInteger(), nullable=False),
        sa.Column("elsewhere", LONG_TEXT, nullable=True),
        sa.Column("alt", sa.SmallInteger(), nullable=False),
        sa.Column("claimed", sa.SmallInteger(), nullable=False),
        sa.Column("waived", LONG_TEXT, nullable=True),
        sa.Column("counts", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "raid_id", "tick", "name_key", name=op.f("pk_attendance")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "attendance_totals",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("attended", sa.BigInteger(), nullable=False),
        sa.Column("excused", sa.BigInteger(), nullable=False),
        sa.Column("held_before", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_raid", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name=op.f("pk_attendance_totals")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "attended",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("present", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "starts_at", "user_id", "raid_id", name=op.f("pk_attended")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "auctions",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=True),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("running", sa.SmallInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("mode", letters(64), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("bids", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=True),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("item_name", letters(128), nullable=False),
        sa.Column("item_key", letters(256), nullable=False),
        sa.Column("seed", letters(64), nullable=False),
        sa.Column("leads", LONG_TEXT, nullable=False),
        sa.Column("settlement", LONG_TEXT, nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_auctions")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("auctions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_auctions_guild_id_item_id"), ["guild_id", "item_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_auctions_guild_id_raid_id"), ["guild_id", "raid_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_auctions_guild_id_running"), ["guild_id", "running"], unique=False, if_not_exists=True
        )

    op.create_table(
        "award_drafts",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("item_name", letters(128), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("rot", sa.SmallInteger(), nullable=False),
        sa.Column("local_time", letters(64), nullable=False),
        sa.Column("sha256", letters(64), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", letters(64), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("awards", LONG_TEXT, nullable=False),
        sa.Column("drafted_at", sa.BigInteger(), nullable=False),
        sa.Column("note", LONG_TEXT, nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_award_drafts")),
        sa.UniqueConstraint(
            "guild_id", "raid_id", "fingerprint", name=op.f("uq_award_drafts_guild_id_raid_id_fingerprint")
        ),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("award_drafts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_award_drafts_guild_id_fingerprint"),
            ["guild_id", "fingerprint"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "awards",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=True),
        sa.Column("raid_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("awarded_at", sa.BigInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("overbid", sa.SmallInteger(), nullable=False),
        sa.Column("moved_from", sa.BigInteger(), nullable=True),
        sa.Column("pools", LONG_TEXT, nullable=False),
        sa.Column("shared_with", LONG_TEXT, nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("item_name", letters(128), nullable=False),
        sa.Column("item_key", letters(256), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("character_key", letters(128), nullable=False),
        sa.Column("because", LONG_TEXT, nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_awards")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("awards", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_awards_guild_id_awarded_at"), ["guild_id", "awarded_at"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_awards_guild_id_external_id"), ["guild_id", "external_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_awards_guild_id_item_id_awarded_at"),
            ["guild_id", "item_id", "awarded_at"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_awards_guild_id_raid_id"), ["guild_id", "raid_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_awards_guild_id_user_id_awarded_at"),
            ["guild_id", "user_id", "awarded_at"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "balances",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("adjusted", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("adjusted BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_adjusted")),
        sa.CheckConstraint(
            "earned - spent + adjusted - held - sealed BETWEEN -999999999999 AND 999999999999",
            name=op.f("ck_balances_available"),
        ),
        sa.CheckConstraint(
            "earned - spent + adjusted BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_current")
        ),
        sa.CheckConstraint("earned BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_earned")),
        sa.CheckConstraint("held BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_held")),
        sa.CheckConstraint("sealed BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_sealed")),
        sa.CheckConstraint("spent BETWEEN -999999999999 AND 999999999999", name=op.f("ck_balances_spent")),
        sa.PrimaryKeyConstraint("guild_id", "pool_id", "user_id", name=op.f("pk_balances")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "batches",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("reversed_at", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("policies_version", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("standing", sa.SmallInteger(), nullable=True),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("rule", letters(64), nullable=False),
        sa.Column("period", letters(64), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("reversed_kind", letters(64), nullable=True),
        sa.Column("reversed_by", letters(128), nullable=True),
        sa.Column("title", LONG_TEXT, nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=True),
        sa.Column("exempt", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_batches")),
        sa.UniqueConstraint("guild_id", "kind", "period", "pool_id", "rule", "standing", name="uq_batches_standing"),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_batches_guild_id_raid_id"), ["guild_id", "raid_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "bids",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("character_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("phase", sa.Integer(), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=True),
        sa.Column("held", sa.Integer(), nullable=True),
        sa.Column("placed_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", letters(64), nullable=False),
        sa.Column("source", letters(64), nullable=False),
        sa.Column("tier", letters(64), nullable=True),
        sa.Column("refusal", letters(64), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("made_as", letters(64), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "auction_id", "number", name=op.f("pk_bids")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("bids", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bids_guild_id_user_id_auction_id_number"),
            ["guild_id", "user_id", "auction_id", "number"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "channel_webhooks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", letters(64), nullable=False),
        sa.Column("webhook_id", letters(20), nullable=False),
        sa.Column("sealed", LONG_TEXT, nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("dead_at", sa.BigInteger(), nullable=True),
        sa.Column("fault", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "channel", name=op.f("pk_channel_webhooks")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "character_names",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("character_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "name_key", name=op.f("pk_character_names")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("character_names", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_character_names_guild_id_character_id"),
            ["guild_id", "character_id"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "chat_grammars",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("grammar", LONG_TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "version", name=op.f("pk_chat_grammars")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "chat_lines",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", letters(64), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "fingerprint", name=op.f("pk_chat_lines")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "claims",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("claimant", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("open_by", sa.BigInteger(), nullable=True),
        sa.Column("code", letters(64), nullable=False),
        sa.Column("code_until", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_kind", letters(64), nullable=True),
        sa.Column("decided_by", letters(128), nullable=True),
        sa.Column("by_code", sa.SmallInteger(), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_claims")),
        sa.UniqueConstraint("guild_id", "user_id", "open_by", name=op.f("uq_claims_guild_id_user_id_open_by")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("claims", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_claims_guild_id_claimant"), ["guild_id", "claimant"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_claims_guild_id_code"), ["guild_id", "code"], unique=False, if_not_exists=True
        )

    op.create_table(
        "consents",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "kind", "given_at", name=op.f("pk_consents")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "counters",
        sa.Column("kind", letters(64), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_counters")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "deadlines",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("key", letters(128), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("data", LONG_TEXT, nullable=False),
        sa.Column("try_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parked", sa.SmallInteger(), nullable=False),
        sa.Column("claimed_by", letters(64), nullable=True),
        sa.Column("last_error", LONG_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "key", name=op.f("pk_deadlines")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("deadlines", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deadlines_parked_try_at"), ["parked", "try_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "decisions",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("status", letters(64), nullable=True),
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "raid_id", "tick", "name_key", name=op.f("pk_decisions")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "deliveries",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("reaction", letters(64), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("event_at", sa.BigInteger(), nullable=False),
        sa.Column("try_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("parked", sa.SmallInteger(), nullable=False),
        sa.Column("claimed_by", letters(64), nullable=True),
        sa.Column("last_error", LONG_TEXT, nullable=True),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_deliveries_parked_try_at"), ["parked", "try_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "discord_tokens",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sealed_access", LONG_TEXT, nullable=False),
        sa.Column("sealed_refresh", LONG_TEXT, nullable=True),
        sa.Column("scopes", LONG_TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("asking_until", sa.BigInteger(), nullable=True),
        sa.Column("doomed_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_discord_tokens")),
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "disputes",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("open_entry", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_kind", letters(64), nullable=True),
        sa.Column("decided_by", letters(128), nullable=True),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("text", LONG_TEXT, nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("guild_id", "open_entry", name=op.f("uq_disputes_guild_id_open_entry")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("disputes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_disputes_guild_id_entry_id"), ["guild_id", "entry_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_disputes_guild_id_made_by"), ["guild_id", "made_by"], unique=False, if_not_exists=True
        )

    op.create_table(
        "entries",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("source_part", sa.Integer(), nullable=False),
        sa.Column("policies_version", sa.Integer(), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("bucket", letters(64), nullable=False),
        sa.Column("source_kind", letters(64), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("note", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", "occurred_at", "id", name=op.f("pk_entries")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "event_types",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("pools", LONG_TEXT, nullable=False),
        sa.Column("default_points", sa.BigInteger(), nullable=False),
        sa.Column("modifier", letters(64), nullable=False),
        sa.Column("description", LONG_TEXT, nullable=False),
        sa.Column("metadata", LONG_TEXT, nullable=False),
        sa.Column("item_pools", LONG_TEXT, nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_event_types")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_event_types_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "events",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("aggregate", letters(64), nullable=False),
        sa.Column("aggregate_id", letters(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("data", LONG_TEXT, nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("actor_user_id", sa.BigInteger(), nullable=True),
        sa.Column("entrypoint", letters(128), nullable=False),
        sa.Column("request_id", letters(128), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "at", "id", name=op.f("pk_events")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_events_guild_id_aggregate_aggregate_id"),
            ["guild_id", "aggregate", "aggregate_id"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "guilds",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slug", letters(48), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("timezone", letters(64), nullable=False),
        sa.Column("first_weekday", letters(16), nullable=False),
        sa.Column("settings", LONG_TEXT, nullable=False),
        sa.Column("public_roster", sa.SmallInteger(), nullable=False),
        sa.Column("trials_are_active", sa.SmallInteger(), nullable=False),
        sa.Column("trials_bid", sa.SmallInteger(), nullable=False),
        sa.Column("leave_out_excused", sa.SmallInteger(), nullable=False),
        sa.Column("founded_at", sa.BigInteger(), nullable=False),
        sa.Column("roster_revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guilds")),
        sa.UniqueConstraint("slug", name=op.f("uq_guilds_slug")),
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "holds",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("auction_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "auction_id", "user_id", name=op.f("pk_holds")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("holds", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_holds_guild_id_user_id"), ["guild_id", "user_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "house_rules",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "pool_id", "version", name=op.f("pk_house_rules")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "imports",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("program", letters(64), nullable=False),
        sa.Column("program_version", letters(64), nullable=False),
        sa.Column("source", LONG_TEXT, nullable=False),
        sa.Column("fingerprint", letters(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("spans", LONG_TEXT, nullable=False),
        sa.Column("counts", LONG_TEXT, nullable=False),
        sa.Column("default_pool_before", sa.BigInteger(), nullable=True),
        sa.Column("pools_before", LONG_TEXT, nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_imports")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "installation",
        sa.Column("key", letters(64), autoincrement=False, nullable=False),
        sa.Column("value", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_installation")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "item_pools",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("pools", LONG_TEXT, nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_item_pools")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_item_pools_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "items",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(128), nullable=False),
        sa.Column("name_key", letters(256), nullable=False),
        sa.Column("item_pool_id", sa.BigInteger(), nullable=True),
        sa.Column("rarity", letters(64), nullable=False),
        sa.Column("external_id", letters(128), nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("description", LONG_TEXT, nullable=False),
        sa.Column("link", LONG_TEXT, nullable=False),
        sa.Column("icon", LONG_TEXT, nullable=False),
        sa.Column("metadata", LONG_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_items")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_items_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_items_guild_id_external_id"), ["guild_id", "external_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "leases",
        sa.Column("name", letters(64), autoincrement=False, nullable=False),
        sa.Column("holder", letters(128), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("term", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "main_changes",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("waived", sa.SmallInteger(), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_main_changes")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("main_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_main_changes_guild_id_user_id"), ["guild_id", "user_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "memberships",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_group", letters(64), nullable=False),
        sa.Column("trial", sa.SmallInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.Column("was_member", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name=op.f("pk_memberships")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_memberships_guild_id_external_id"),
            ["guild_id", "external_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(batch_op.f("ix_memberships_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "merged_users",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("into_user", sa.BigInteger(), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name=op.f("pk_merged_users")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("merged_users", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merged_users_guild_id_head"), ["guild_id", "head"], unique=False, if_not_exists=True
        )

    op.create_table(
        "merges",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("into_user", sa.BigInteger(), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.Column("characters", LONG_TEXT, nullable=False),
        sa.Column("membership", LONG_TEXT, nullable=True),
        sa.Column("into_membership", LONG_TEXT, nullable=True),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_reason", LONG_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_merges")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_merges_guild_id_into_user"), ["guild_id", "into_user"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_merges_guild_id_user_id"), ["guild_id", "user_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("recipient_kind", letters(64), nullable=False),
        sa.Column("recipient", letters(320), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("text", letters(64), nullable=False),
        sa.Column("data", LONG_TEXT, nullable=False),
        sa.Column("about", letters(64), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("try_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.Column("claimed_by", letters(64), nullable=True),
        sa.Column("fault", LONG_TEXT, nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_about", ["guild_id", "about"], unique=False, if_not_exists=True)
        batch_op.create_index(
            "ix_notices_heads",
            ["status", "guild_id", "recipient_kind", "recipient", "id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(batch_op.f("ix_notices_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "ownerships",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("character_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("owner", sa.BigInteger(), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "character_id", "since", name=op.f("pk_ownerships")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("ownerships", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ownerships_guild_id_owner"), ["guild_id", "owner"], unique=False, if_not_exists=True
        )

    op.create_table(
        "pool_policies",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policies", LONG_TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "pool_id", "version", name=op.f("pk_pool_policies")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "pools",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("unit", letters(64), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.SmallInteger(), nullable=False),
        sa.Column("archived", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_pools")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_pools_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "profile_fields",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("kind", letters(64), nullable=False),
        sa.Column("choices", LONG_TEXT, nullable=False),
        sa.Column("required", sa.SmallInteger(), nullable=False),
        sa.Column("shown_to", letters(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_profile_fields")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_profile_fields_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "raid_totals",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_raid_totals")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "raids",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("event_type_id", sa.BigInteger(), nullable=False),
        sa.Column("title", letters(64), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("leader", sa.BigInteger(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("pools", LONG_TEXT, nullable=False),
        sa.Column("note", LONG_TEXT, nullable=False),
        sa.Column("note_key", LONG_TEXT, nullable=False),
        sa.Column("ticks", LONG_TEXT, nullable=False),
        sa.Column("ticks_count", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.SmallInteger(), nullable=False),
        sa.Column("attendees", sa.Integer(), nullable=False),
        sa.Column("unresolved", sa.Integer(), nullable=False),
        sa.Column("counts", sa.SmallInteger(), nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_raids")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("raids", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_raids_guild_id_external_id"), ["guild_id", "external_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(
            batch_op.f("ix_raids_guild_id_starts_at_counts"),
            ["guild_id", "starts_at", "counts"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "rank_changes",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("character_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("reason", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "character_id", "number", name=op.f("pk_rank_changes")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "ranks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.SmallInteger(), nullable=False),
        sa.Column("is_hidden", sa.SmallInteger(), nullable=False),
        sa.Column("counts_as_active", sa.SmallInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_ranks")),
        sa.UniqueConstraint("guild_id", "name_key", name=op.f("uq_ranks_guild_id_name_key")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "recruitment_rules",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "version", name=op.f("pk_recruitment_rules")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "recusals",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "application_id", "user_id", name=op.f("pk_recusals")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "removed_ranks",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_removed_ranks")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "sessions",
        sa.Column("id", letters(64), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", letters(128), nullable=False),
        sa.Column("device", letters(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "sightings",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("upload_id", sa.BigInteger(), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "raid_id", "tick", "upload_id", "name_key", name=op.f("pk_sightings")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("state_digest", letters(128), autoincrement=False, nullable=False),
        sa.Column("browser_digest", letters(128), nullable=False),
        sa.Column("sealed_verifier", LONG_TEXT, nullable=False),
        sa.Column("redirect_uri", LONG_TEXT, nullable=False),
        sa.Column("next_path", LONG_TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_digest", name=op.f("pk_sign_in_attempts")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("sign_in_attempts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_attempts_expires_at"), ["expires_at"], unique=False, if_not_exists=True
        )

    op.create_table(
        "sign_in_links",
        sa.Column("digest", letters(128), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_links")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("sign_in_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_links_user_id"), ["user_id"], unique=False, if_not_exists=True)

    op.create_table(
        "standing_bids",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.Column("character_name", letters(64), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "item_id", "user_id", name=op.f("pk_standing_bids")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("standing_bids", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_standing_bids_guild_id_user_id"), ["guild_id", "user_id"], unique=False, if_not_exists=True
        )

    op.create_table(
        "unresolved_names",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "name_key", "raid_id", "tick", name=op.f("pk_unresolved_names")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("unresolved_names", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_unresolved_names_guild_id_raid_id_name_key"),
            ["guild_id", "raid_id", "name_key"],
            unique=False,
            if_not_exists=True,
        )

    op.create_table(
        "uploads",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", letters(64), nullable=False),
        sa.Column("check_named", letters(64), nullable=False),
        sa.Column("file_name", LONG_TEXT, nullable=False),
        sa.Column("format", letters(64), nullable=False),
        sa.Column("parser_version", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("zone", letters(64), nullable=False),
        sa.Column("zone_named", sa.SmallInteger(), nullable=False),
        sa.Column("whole", sa.SmallInteger(), nullable=False),
        sa.Column("raid_id", sa.BigInteger(), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("content", BYTES, nullable=True),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_uploads")),
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_uploads_guild_id_actor_id_actor_kind"),
            ["guild_id", "actor_id", "actor_kind"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_uploads_guild_id_sha256"), ["guild_id", "sha256"], unique=False, if_not_exists=True
        )

    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("discord_id", letters(20), nullable=True),
        sa.Column("username", letters(64), nullable=False),
        sa.Column("username_key", letters(128), nullable=False),
        sa.Column("global_name", letters(64), nullable=True),
        sa.Column("discriminator", letters(16), nullable=True),
        sa.Column("avatar_url", LONG_TEXT, nullable=True),
        sa.Column("email", LONG_TEXT, nullable=True),
        sa.Column("timezone", letters(64), nullable=False),
        sa.Column("locale", letters(64), nullable=False),
        sa.Column("default_guild", sa.BigInteger(), nullable=True),
        sa.Column("muted", LONG_TEXT, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("deactivated_at", sa.BigInteger(), nullable=True),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("discord_id", name=op.f("uq_users_discord_id")),
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "vote_changes",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stage", letters(64), nullable=False),
        sa.Column("voter", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", letters(64), nullable=True),
        sa.Column("after", letters(64), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("actor_kind", letters(64), nullable=False),
        sa.Column("actor_id", letters(128), nullable=False),
        sa.Column("entrypoint", letters(128), nullable=False),
        sa.PrimaryKeyConstraint(
            "guild_id", "application_id", "round", "stage", "voter", "number", name=op.f("pk_vote_changes")
        ),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "votes",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("stage", letters(64), nullable=False),
        sa.Column("voter", sa.BigInteger(), nullable=False),
        sa.Column("option", letters(64), nullable=True),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("cast_at", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "application_id", "round", "stage", "voter", name=op.f("pk_votes")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    op.create_table(
        "characters",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", letters(64), nullable=False),
        sa.Column("name_key", letters(128), nullable=False),
        sa.Column("character_class", letters(64), nullable=False),
        sa.Column("class_key", letters(128), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column("race", letters(64), nullable=False),
        sa.Column("race_key", letters(128), nullable=False),
        sa.Column("rank_id", sa.BigInteger(), nullable=False),
        sa.Column("status", letters(64), nullable=False),
        sa.Column("owner", sa.BigInteger(), nullable=True),
        sa.Column("is_main", sa.SmallInteger(), nullable=False),
        sa.Column("main_id", sa.BigInteger(), nullable=True),
        sa.Column("main_of", sa.BigInteger(), nullable=True),
        sa.Column("joined_on", letters(10), nullable=False),
        sa.Column("notes", LONG_TEXT, nullable=False),
        sa.Column("profile", LONG_TEXT, nullable=False),
        sa.Column("external_id", letters(128), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["guild_id", "rank_id"], ["ranks.guild_id", "ranks.id"], name=op.f("fk_characters_guild_id_rank_id")
        ),
        sa.PrimaryKeyConstraint("guild_id", "id", name=op.f("pk_characters")),
        sa.UniqueConstraint("guild_id", "main_of", name=op.f("uq_characters_guild_id_main_of")),
        sqlite_with_rowid=False,
        if_not_exists=True,
        **TABLE,
    )
    with op.batch_alter_table("characters", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_characters_guild_id_external_id"),
            ["guild_id", "external_id"],
            unique=False,
            if_not_exists=True,
        )
        batch_op.create_index(
            batch_op.f("ix_characters_guild_id_rank_id"), ["guild_id", "rank_id"], unique=False, if_not_exists=True
        )
        batch_op.create_index(batch_op.f("ix_characters_owner"), ["owner"], unique=False, if_not_exists=True)

    # ### end Alembic commands ###
