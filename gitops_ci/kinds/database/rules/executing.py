"""Functions that run a text as SQL: PostgreSQL's own, and those of extensions that the owner of a database may make."""

from __future__ import annotations

import re

from gitops_ci.kinds.database.sql.postgres import Statement

_NAMES = (
    r"query_to_xml|query_to_xmlschema|query_to_xml_and_xmlschema|ts_stat|ts_rewrite"
    r"|crosstab[234n]?|crosstab_hash|connectby|xpath_table|dblink|dblink_exec|dblink_open|dblink_send_query"
)
_WORD = re.compile(rf"""\b(?:{_NAMES})\b|u&["']""", re.IGNORECASE)
_SETS = re.compile(
    rb'"sval":"set_config"\}\}\],"args":\[(?!(?:\{"A_Expr":\{"kind":"AEXPR_OP","name":\[\{"String":\{"sval":"\|\|"\}\}\],"lexpr":)*'
    rb'\{"A_Const":(?:\{"sval":\{"sval":"[^"\\]*\.|(?<="args":\[\{"A_Const":)))'
)
"""A setting whose name is computed may be the one by which strings are read; not one with a dot, which is nobody's."""
_CALL = re.compile(
    rb'"FuncCall":\{"funcname":\[(?:\{"String":\{"sval":"(?:[^"\\]|\\.)*"\}\},)*'
    rb'\{"String":\{"sval":"(?:' + _NAMES.encode() + rb')"\}\}\]'
    rb'(?P<constants>,"args":\[(?:\{"A_Const":\{[^{}]*(?:\{[^{}]*\})?[^{}]*\}\},?)*\])?'
)


def named(text: str) -> bool:
    """Whether a body has the name of one as a word, or words with escapes."""
    return _WORD.search(text) is not None


def calls(statement: Statement) -> bool:
    """Whether a statement calls one with a text that is computed: one that is written out is seen with the rest."""
    node = bytes(statement.node)
    found = _CALL.finditer(node)
    return _SETS.search(node) is not None or any(call["constants"] is None or "\\" in statement.text for call in found)
