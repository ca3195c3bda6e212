"""Backups: a whole database in one file that proves itself, and back from it (O-7).

- `making` makes a backup and restores one;
- `bundles` knows the file: the content, and a manifest of what is in it;
- `contents` gets the content out of each database and back into it, by SQLite's own backup function or the server's
  own programs, which `programs` finds and runs;
- `keeping` names the scheduled ones, throws away the oldest, and notes what became of the last.
"""

from dkp_adapters.sql.backup.bundles import Manifest, manifest_of
from dkp_adapters.sql.backup.errors import BackupDamaged, BackupRefused, TargetInUse, TargetNotEmpty
from dkp_adapters.sql.backup.keeping import BackupState, SqlBackupNotes, forget_oldest, forget_unfinished
from dkp_adapters.sql.backup.making import Backup, Plan, back_up, file_for, planned, restore
from dkp_adapters.sql.backup.programs import ProgramFailed, ProgramMissing

__all__ = [
    "Backup",
    "BackupDamaged",
    "BackupRefused",
    "BackupState",
    "Manifest",
    "Plan",
    "ProgramFailed",
    "ProgramMissing",
    "SqlBackupNotes",
    "TargetInUse",
    "TargetNotEmpty",
    "back_up",
    "file_for",
    "forget_oldest",
    "forget_unfinished",
    "manifest_of",
    "planned",
    "restore",
]
