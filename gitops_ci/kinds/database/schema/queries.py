"""What is asked of PostgreSQL's catalog: one JSON array of items a query, in the fields of `catalog.Item`.

They are run with `search_path=pg_catalog` by a role that the migrations cannot act as, so that no function of theirs
can answer in place of PostgreSQL's own. Extensions' members are left out: they are the extension.
"""

from __future__ import annotations

_OURS = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'gitops_ci')"


def _named(name: str) -> str:
    """A name with its schema, except `public`."""
    return f"CASE WHEN n.nspname = 'public' THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident({name})"


def _own(catalog: str, object_: str) -> str:
    """Whether an object is no member of an extension."""
    return (
        "NOT EXISTS (SELECT FROM pg_depend d"
        f" WHERE d.classid = '{catalog}'::regclass AND d.objid = {object_} AND d.deptype = 'e')"
    )


def _privileges(acl: str, letter: str, owner: str) -> str:
    """What others than the owner may do: an object, grantee to privileges."""
    return f"""(SELECT json_object_agg(grantee, words) FROM (
        SELECT CASE a.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
               string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', '
                          ORDER BY a.privilege_type) AS words
        FROM aclexplode(coalesce({acl}, acldefault('{letter}', {owner}))) a
        WHERE a.grantee <> {owner} GROUP BY a.grantee) granted)"""


def _items(fields: str, source: str) -> str:
    return f"SELECT coalesce(json_agg(json_build_object({fields})), '[]') FROM {source}"


_COLUMNS = """(SELECT json_agg(json_build_object(
    'number', a.attnum, 'name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
    'not_null', a.attnotnull,
    'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(e.adbin, e.adrelid) END,
    'generated', CASE a.attgenerated WHEN 's' THEN '(' || pg_get_expr(e.adbin, e.adrelid) || ') STORED'
                                     WHEN 'v' THEN '(' || pg_get_expr(e.adbin, e.adrelid) || ') VIRTUAL' END,
    'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    'collation', CASE WHEN a.attcollation <> 0 THEN (SELECT quote_ident(l.collname)
                  FROM pg_collation l JOIN pg_type y ON y.oid = a.atttypid
                  WHERE l.oid = a.attcollation AND a.attcollation <> y.typcollation) END,
    'privileges', CASE WHEN a.attacl IS NOT NULL THEN (SELECT json_object_agg(g, w) FROM (
        SELECT CASE x.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS g,
               string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS w
        FROM aclexplode(a.attacl) x GROUP BY x.grantee) o) END)
    ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c'))"""

_CONSTRAINTS = """(SELECT json_agg(json_build_object('object', k.oid::int8, 'name', quote_ident(k.conname),
    'text', pg_get_constraintdef(k.oid), 'kind', k.contype, 'target', nullif(k.confrelid, 0)::int8,
    'columns', k.conkey) ORDER BY k.conname)
  FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype NOT IN ('n', 't') AND k.conparentid = 0)"""

SCHEMAS = _items(
    f"""'catalog', 'pg_namespace', 'object', n.oid::int8, 'kind', 'schema', 'name', quote_ident(n.nspname),
    'attributes', json_build_object('owner', pg_get_userbyid(n.nspowner)),
    'privileges', {_privileges("n.nspacl", "n", "n.nspowner")}""",
    f"pg_namespace n WHERE {_OURS} AND {_own('pg_namespace', 'n.oid')}",
)

RELATIONS = _items(
    f"""'catalog', 'pg_class', 'object', c.oid::int8, 'name', {_named("c.relname")},
    'kind', CASE c.relkind WHEN 'f' THEN 'foreign table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                           WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END,
    'parent', (SELECT d.refobjid::int8 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
               AND c.relkind = 'S' AND d.deptype = 'a' AND d.refclassid = 'pg_class'::regclass LIMIT 1),
    'columns', {_COLUMNS}, 'constraints', {_CONSTRAINTS},
    'attributes', json_build_object(
        'owner', pg_get_userbyid(c.relowner),
        'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
        'partitioned', pg_get_partkeydef(c.oid),
        'bound', pg_get_expr(c.relpartbound, c.oid),
        'inherits', (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
                     FROM pg_inherits i WHERE i.inhrelid = c.oid AND NOT i.inhdetachpending),
        'row_level_security', CASE WHEN c.relrowsecurity THEN 'enabled' END,
        'force_row_security', CASE WHEN c.relforcerowsecurity THEN 'enabled' END,
        'options', array_to_string(c.reloptions, ', '),
        'replica_identity', nullif(c.relreplident, CASE WHEN c.relkind IN ('r', 'p', 'm') THEN 'd' ELSE 'n' END),
        'definition', CASE WHEN c.relkind IN ('v', 'm') THEN 'md5 ' || md5(pg_get_viewdef(c.oid)) END,
        'sequence', CASE WHEN c.relkind = 'S' THEN (
                     SELECT format('%s start %s increment %s min %s max %s%s', format_type(s.seqtypid, NULL),
                        s.seqstart, s.seqincrement, s.seqmin, s.seqmax, CASE WHEN s.seqcycle THEN ' cycle' ELSE '' END)
                     FROM pg_sequence s WHERE s.seqrelid = c.oid) END),
    'privileges', CASE WHEN c.relkind = 'S' THEN {_privileges("c.relacl", "s", "c.relowner")}
                       WHEN c.relkind = 'c' THEN (SELECT {_privileges("t.typacl", "T", "t.typowner")}
                                                  FROM pg_type t WHERE t.oid = c.reltype)
                       ELSE {_privileges("c.relacl", "r", "c.relowner")} END""",
    f"""pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND {_OURS} AND {_own("pg_class", "c.oid")}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND c.relkind = 'S' AND d.deptype = 'i')""",
)
"""Tables, views, sequences, composite types; a sequence of an identity column is its column's."""

INDEXES = _items(
    f"""'catalog', 'pg_class', 'object', c.oid::int8, 'kind', 'index', 'name', {_named("c.relname")},
    'parent', i.indrelid::int8,
    'attributes', json_build_object('definition', pg_get_indexdef(c.oid),
        'invalid', CASE WHEN NOT i.indisvalid THEN true END)""",
    f"""pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_OURS} AND {_own("pg_class", "i.indrelid")} AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))""",
)

FUNCTIONS = _items(
    f"""'catalog', 'pg_proc', 'object', p.oid::int8,
    'kind', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
    'name', {_named("p.proname")} || '(' || oidvectortypes(p.proargtypes) || ')',
    'attributes', json_build_object('owner', pg_get_userbyid(p.proowner), 'returns', pg_get_function_result(p.oid),
        'language', l.lanname, 'security', CASE WHEN p.prosecdef THEN 'definer' END,
        'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END,
        'settings', array_to_string(p.proconfig, ', '),
        'definition', 'md5 ' || md5(CASE WHEN p.prokind = 'a' THEN p.prosrc ELSE pg_get_functiondef(p.oid) END)),
    'privileges', {_privileges("p.proacl", "f", "p.proowner")}""",
    f"""pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE {_OURS} AND {_own("pg_proc", "p.oid")}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                    AND d.deptype = 'i')""",
)

TRIGGERS = _items(
    f"""'catalog', 'pg_trigger', 'object', t.oid::int8, 'kind', 'trigger', 'parent', c.oid::int8,
    'name', quote_ident(t.tgname) || ' on ' || {_named("c.relname")},
    'attributes', json_build_object('definition', pg_get_triggerdef(t.oid),
        'enabled', CASE t.tgenabled WHEN 'O' THEN NULL WHEN 'D' THEN 'disabled' ELSE t.tgenabled::text END)""",
    f"""pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND {_OURS} AND {_own("pg_class", "c.oid")}""",
)

POLICIES = _items(
    f"""'catalog', 'pg_policy', 'object', p.oid::int8, 'kind', 'policy', 'parent', c.oid::int8,
    'name', quote_ident(p.polname) || ' on ' || {_named("c.relname")},
    'attributes', json_build_object(
        'command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                                 WHEN 'd' THEN 'delete' ELSE 'all' END,
        'permissive', CASE WHEN NOT p.polpermissive THEN false END,
        'roles', (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r)) END, ', ')
                  FROM unnest(p.polroles) r),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))""",
    f"""pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_OURS} AND {_own("pg_class", "c.oid")}""",
)

RULES = _items(
    f"""'catalog', 'pg_rewrite', 'object', r.oid::int8, 'kind', 'rule', 'parent', c.oid::int8,
    'name', quote_ident(r.rulename) || ' on ' || {_named("c.relname")},
    'attributes', json_build_object('definition', pg_get_ruledef(r.oid))""",
    f"""pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND {_OURS} AND {_own("pg_class", "c.oid")}""",
)

TYPES = _items(
    f"""'catalog', 'pg_type', 'object', t.oid::int8, 'name', {_named("t.typname")},
    'kind', CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END,
    'attributes', json_build_object('owner', pg_get_userbyid(t.typowner),
        'values', (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                   FROM pg_enum e WHERE e.enumtypid = t.oid),
        'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
        'default', t.typdefault, 'not_null', CASE WHEN t.typnotnull THEN true END,
        'subtype', (SELECT format_type(g.rngsubtype, NULL) FROM pg_range g WHERE g.rngtypid = t.oid)),
    'constraints', (SELECT json_agg(json_build_object('object', k.oid::int8, 'name', quote_ident(k.conname),
        'text', pg_get_constraintdef(k.oid))) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
    'privileges', {_privileges("t.typacl", "T", "t.typowner")}""",
    f"""pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND {_OURS} AND {_own("pg_type", "t.oid")}""",
)

EXTENSIONS = _items(
    """'catalog', 'pg_extension', 'object', e.oid::int8, 'kind', 'extension', 'name', quote_ident(e.extname),
    'attributes', json_build_object('version', e.extversion, 'schema', n.nspname)""",
    "pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'",
)

DEFAULT_PRIVILEGES = _items(
    """'catalog', 'pg_default_acl', 'object', a.oid::int8, 'kind', 'default privileges',
    'name', 'on ' || CASE a.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                     WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END
            || coalesce(' in schema ' || quote_ident(n.nspname), ''),
    'attributes', (SELECT json_object_agg(g, w) FROM (
        SELECT CASE x.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS g,
               string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type) AS w
        FROM aclexplode(a.defaclacl) x WHERE x.grantee <> a.defaclrole GROUP BY x.grantee) o)""",
    "pg_default_acl a LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace",
)

ALL = (
    SCHEMAS,
    RELATIONS,
    INDEXES,
    FUNCTIONS,
    TRIGGERS,
    POLICIES,
    RULES,
    TYPES,
    EXTENSIONS,
    DEFAULT_PRIVILEGES,
)

COMMENTS = """SELECT coalesce(json_agg(json_build_object('catalog', c.relname, 'object', d.objoid::int8,
    'number', d.objsubid, 'text', left(d.description, 200))), '[]')
FROM pg_description d JOIN pg_class c ON c.oid = d.classoid WHERE d.objoid >= 16384 OR c.relname = 'pg_namespace'"""
