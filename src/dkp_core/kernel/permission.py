"""The named capabilities that role groups and bot keys are made of (A-3, A-7)."""

from enum import StrEnum


class Permission(StrEnum):
    """What an actor may be allowed to do in a guild; the names are the scopes of bot keys."""

    GUILD_WRITE = "guild:write"
    MEMBERSHIPS_READ = "memberships:read"
    MEMBERSHIPS_WRITE = "memberships:write"
    BOT_KEYS_WRITE = "bot-keys:write"
    ROSTER_PUBLIC = "roster:public"
    ROSTER_READ = "roster:read"
    ROSTER_WRITE = "roster:write"
    CHARACTERS_OWN = "characters:own"
    POINTS_READ = "points:read"
    POINTS_WRITE = "points:write"
    POOLS_WRITE = "pools:write"
    RAIDS_READ = "raids:read"
    RAIDS_WRITE = "raids:write"
    AUCTIONS_READ = "auctions:read"
    AUCTIONS_WRITE = "auctions:write"
    BIDS_OWN = "bids:own"
    BIDS_WRITE = "bids:write"
    AUDIT_READ = "audit:read"
    HEALTH_READ = "health:read"
