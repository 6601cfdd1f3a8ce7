"""SQL as its parsed statements: `{"path", "statements": [{"kind", "text", "line", "statement"}]}`."""

from __future__ import annotations

import msgspec

from gitops_ci.policy.documents.files import Unreadable
from gitops_ci.policy.documents.yaml_documents import Document, Place


def document(path: str, content: bytes) -> Document:
    """The statements of a file, each as PostgreSQL's own parser has it.

    Raises Unreadable, and ImportError where the parser (the extra `database`) is missing.
    """
    from gitops_ci.kinds.database.sql import postgres

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable(None, "not UTF-8") from None
    postgres.engine()
    try:
        statements = list(postgres.parse(text, path=path, source=path))
    except postgres.TooDeepError:
        raise Unreadable(None, "SQL that is nested too deeply") from None
    except postgres.SqlError as error:
        line = None if error.index is None else text.count("\n", 0, error.index) + 1
        raise Unreadable(line, "not valid SQL of PostgreSQL") from None
    lines: dict[Place, int] = {}
    found = []
    for index, each in enumerate(statements):
        blank = len(each.text) - len(each.text.lstrip())
        line = each.line + each.text.count("\n", 0, blank)
        lines["statements", index] = line
        node = msgspec.json.decode(each.node)
        found.append({"kind": each.tag, "text": each.text.strip(), "line": line, "statement": node})
    shown = path.encode("utf-8", "backslashreplace").decode()  # a name need not be UTF-8
    return Document({"path": shown, "statements": found}, 1, lines)
