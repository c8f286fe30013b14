"""The audits: what must hold within a data set, and between a source and a target."""

from core.protocol.audit import audit_pair, audit_target
from core.protocol.contamination import contaminated, tuned_on

__all__ = ["audit_pair", "audit_target", "contaminated", "tuned_on"]
