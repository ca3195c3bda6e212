"""The contract of the audit log, on every adapter."""

from tests.integration.contracts.audit_log import AuditLogContract


class TestAuditLog(AuditLogContract):
    """It holds on each of them."""
