"""How severe a check is: checkov tells that only to its vendor's customers, so this is a list of our own."""

from __future__ import annotations

from gitops_ci.model.finding import Severity


def _ids(**numbers: tuple[int, ...]) -> frozenset[str]:
    return frozenset(f"CKV_{provider}_{number}" for provider, each in numbers.items() for number in each)


EXPOSED = _ids(
    ALI=(2, 3, 9, 43),
    AWS=(17, 20, 24, 25, 32, 33, 38, 57, 69, 70, 87, 89, 100, 102, 167, 168, 169, 277, 301, 302, 303, 387),
    AZURE=(9, 10, 11, 34, 190),
    GCP=(2, 3, 11, 15, 28, 88, 98, 99, 100, 101, 112, 113),
    OCI=(10, 19, 20, 22),
    OPENSTACK=(2, 3),
    YC=(17,),
)
"""Data, or a port of an administrator, that everybody can reach."""

UNENCRYPTED = _ids(
    ALI=(7, 22, 44),
    AWS=(3, 5, 8, 16, 19, 29, 30, 42, 43, 44, 47, 64, 74, 77, 96, 140, 146, 202, 235, 292),
    AZURE=(2, 73, 105, 151),
    GCP=(97,),
    NCP=(6, 7, 14),
    TC=(1,),
    YC=(3,),
)
"""Data that lies on a disk, or travels, in clear (that somebody else holds the key is a warning)."""

IN_CLEAR = _ids(
    AWS=(41, 45, 46, 295, 384),
    BCW=(1,),
    LIN=(1,),
    OCI=(1,),
    OPENSTACK=(1,),
    PAN=(1,),
)
"""A secret that is written down."""

ERRORS = EXPOSED | UNENCRYPTED | IN_CLEAR


def of(check: str) -> Severity:
    """An error for what opens a door to anybody, a warning for all else; `policy.severity` has the last word."""
    return "error" if check in ERRORS else "warning"
