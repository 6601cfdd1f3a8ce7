"""The rules about secrets: what a finding says and how to rotate what was found; never a part of the value."""

from __future__ import annotations

import json

from gitops_ci.policy.secrets.forms import FORMS
from gitops_ci.policy.secrets.found import Found
from gitops_ci.policy.secrets.text import UNREAD

_ROTATE = {form.owner: form.rotate for form in FORMS}

_MESSAGES = {
    "secrets/token": "{a} is written here",
    "secrets/private-key": "a private key is written here{of}",
    "secrets/password-in-address": "the password of an address is written in it",
    "secrets/assignment": "{name} is given a secret in clear",
    "secrets/login": "the secret of a login is written here{of}",
    "secrets/registry-login": "the login of a registry is written here{of}",
    "secrets/kubernetes-secret": "{name} of a Secret is in clear: base64 is no encryption",
    "secrets/tfvars": "the variable {name} is given a secret in clear",
    "secrets/sql-password": "a statement sets a password in clear",
    "secrets/sealed-secret": "{name} of a SealedSecret is not encrypted",
    "secrets/sops": "{name} is in clear in a file that SOPS encrypts",
    UNREAD: "more is given to names of secrets from here on than is looked at: not searched to the end",
}
RULES = tuple(_MESSAGES)
TOO_LARGE = "larger than 10 MiB: it is not searched for secrets"
UNREAD_HELP = "Keep it out of git (LFS, a registry, a bucket), or name it under `policy.secrets.ignore`."
_KEPT = "then let it come from a secret store (External Secrets, SealedSecret, SOPS, a CI secret)"
_FIXES = {
    "secrets/private-key": "Make a new key pair, put the new public key wherever the old one is trusted",
    "secrets/password-in-address": "Change the password where it is checked",
    "secrets/assignment": "Replace it where it was issued",
    "secrets/login": "Change the password, or revoke the token, where it is checked",
    "secrets/registry-login": "Revoke the token at the registry and make a new one",
    "secrets/kubernetes-secret": "Replace it where it was issued",
    "secrets/tfvars": "Replace it where it was issued, and give it as TF_VAR_… from the job's secrets",
    "secrets/sql-password": "ALTER ROLE … PASSWORD outside of the repository; create the role without one",
    "secrets/sealed-secret": "Replace it where it was issued, and seal the new one with `kubeseal`",
    "secrets/sops": "Replace it where it was issued, and encrypt the file with `sops --encrypt --in-place`",
}

_SAYS_WHERE = frozenset(("secrets/tfvars", "secrets/sql-password", "secrets/sealed-secret", "secrets/sops"))
"""Rules whose fix says already where the new one is kept."""


def message(each: Found) -> str:
    """What a finding says of a secret."""
    owner = each.name or "a token"
    article = "an" if owner[0].lower() in "aeiou" else "a"
    return _MESSAGES[each.rule].format(
        name=f"`{each.name}`" if each.name else "something",
        of=f" ({each.name})" if each.name else "",
        a=f"{article} {owner}" if each.name else owner,
    )


def help(each: Found) -> str:
    """How to rotate it. What was pushed is known to whoever could read it, also after its removal."""
    if each.rule == UNREAD:
        return UNREAD_HELP
    return f"{_first(each)}." if each.rule in _SAYS_WHERE else f"{_first(each)}; {_KEPT}."


def help_in_commit(each: Found, path: str, waivers: str) -> str:
    """The same for one that a commit of the change holds, and how the change can go on; `waivers` is a file's path."""
    if each.rule == UNREAD:
        return UNREAD_HELP
    place = json.dumps(path.encode("utf-8", "replace").decode(), ensure_ascii=False)
    waiver = f'- {{rule: {each.rule}, path: {place}, reason: revoked on DATE, owner: "@NAME", until: YYYY-MM-DD}}'
    return (
        f"{_first(each)}: its removal by a later commit does not help, it stays in the history. Once it is revoked,"
        f" have this merged first, below `waivers:` in {waivers}: `{waiver}`. Or rebase, so that no commit has it."
    )


def _first(each: Found) -> str:
    rotate = _ROTATE.get(each.name, "") if each.rule == "secrets/token" else ""
    return f"Revoke it ({rotate})" if rotate else _FIXES.get(each.rule, "Revoke it where it was issued")
