"""Secrets: the detector that plans, messages and findings share, and the search of a change for them (`step`)."""

from gitops_ci.policy.secrets.detector import (
    CHANGED,
    MASK,
    Secret,
    find,
    is_reference,
    is_secret_name,
    masked,
    masked_pair,
    replaced,
)

__all__ = [
    "CHANGED",
    "MASK",
    "Secret",
    "find",
    "is_reference",
    "is_secret_name",
    "masked",
    "masked_pair",
    "replaced",
]
