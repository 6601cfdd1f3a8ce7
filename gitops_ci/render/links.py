"""Where the words of a comment lead: URLs of ours, built so that a repository's text cannot choose the destination."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from msgspec import Struct

from gitops_ci.policy.rules import catalog
from gitops_ci.render import untrusted

TRUSTED_HOSTS = frozenset(
    {"docs.prismacloud.io", "www.checkov.io", "registry.terraform.io", "developer.hashicorp.com", "kubernetes.io"}
)
"""Documentation of tools whose rules we run; a finding's URL to anywhere else is not made a link."""

_SEGMENTS = 3
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


class Links(Struct, frozen=True):
    """URLs known to a run; without one, its words stay plain text.

    `repository` is a repository's page (`https://github.com/acme/infra`), `commit` the one that file links show,
    `docs` the folder of our documentation, with a slash at its end.
    """

    run: str | None = None
    repository: str | None = None
    commit: str | None = None
    report: str | None = None
    docs: str | None = None

    def file(self, path: str | None, line: int | None = None) -> str | None:
        """A file at the commit; None for a path that could lead out of the repository's tree."""
        if not self.repository or not path or not self.commit or not _COMMIT.fullmatch(self.commit):
            return None
        if any(part in {"", ".", ".."} for part in path.split("/")):
            return None
        try:
            quoted = quote(path.encode("utf-8", "surrogateescape"), safe="/")
        except UnicodeEncodeError:
            return None
        anchor = f"#L{line}" if line else ""
        return f"{self.repository.rstrip('/')}/blob/{self.commit}/{quoted}{anchor}"

    def revision(self, commit: str | None) -> str | None:
        """A commit's page; None for what is no commit."""
        if not self.repository or not commit or not _COMMIT.fullmatch(commit):
            return None
        return f"{self.repository.rstrip('/')}/commit/{commit}"

    def rule(self, rule: str, url: str | None = None) -> str | None:
        """A rule's documentation: ours, or `url` where its host is trusted."""
        known = catalog.of(rule)
        if known is None and url and trusted(url):
            return url
        known = known or catalog.general(rule)
        return self.docs + known.page if self.docs and known is not None and known.page else None


def trusted(url: str) -> bool:
    """Whether a URL leads to the documentation of a tool whose rules we run."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.netloc in TRUSTED_HOSTS
    except ValueError:
        return False


def anchor(label: str, url: str | None) -> str:
    """A Markdown link; `label` is escaped already. Without a web address only the label remains."""
    if not url or not url.startswith(("https://", "http://")):
        return label
    return f"[{label}]({quote(url, safe=':/?#@!$&+,;=%~-._', errors='replace')})"


def place(links: Links, path: str | None, line: int | None, fallback: str = "") -> str:
    """`path:line`, as a link (with the path's end as its words) where it can be one; without a path the `fallback`."""
    if not path:
        return untrusted.text(fallback)
    url = links.file(path, line)
    parts = path.split("/")
    short = path if len(parts) <= _SEGMENTS or not url else "/".join(["…", *parts[-_SEGMENTS:]])
    return anchor(untrusted.code(untrusted.cut(short, 120) + (f":{line}" if line else "")), url)
