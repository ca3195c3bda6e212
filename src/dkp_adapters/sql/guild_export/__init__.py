"""Guilds as files: everything a guild owns, written from one state of the database, and read into a new guild."""

from dkp_adapters.sql.guild_export.sql_packing import SqlPacking

__all__ = ["SqlPacking"]
