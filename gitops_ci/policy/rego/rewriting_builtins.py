"""The builtins of OPA as the embedded engine has them: trusted, missing, wrong, or given to no policy."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ARITIES = _words("""
    abs/1 array.concat/2 array.reverse/1 array.slice/3 base64.decode/1 base64.encode/1 base64.is_valid/1
    base64url.decode/1 base64url.encode/1 base64url.encode_no_pad/1 bits.and/2 bits.lsh/2 bits.negate/1 bits.or/2
    bits.rsh/2 bits.xor/2 ceil/1 concat/2 contains/2 count/1 endswith/2 floor/1 format_int/2 glob.match/3
    glob.quote_meta/1 graph.reachable/2 hex.decode/1 hex.encode/1 indexof/2 indexof_n/2 intersection/1 is_array/1
    is_boolean/1 is_null/1 is_number/1 is_object/1 is_set/1 is_string/1 json.filter/2 json.is_valid/1
    json.marshal/1 json.patch/2 json.remove/2 json.unmarshal/1 lower/1 max/1 min/1 net.cidr_contains/2
    net.cidr_expand/1 net.cidr_is_valid/1 numbers.range/2 numbers.range_step/3 object.filter/2 object.get/3
    object.keys/1 object.remove/2 object.subset/2 object.union/2 object.union_n/1 print/0 product/1 rand.intn/2
    regex.find_all_string_submatch_n/3 regex.find_n/3 regex.match/2 regex.replace/3 regex.split/2 replace/3
    round/1 semver.compare/2 semver.is_valid/1 sort/1 split/2 sprintf/2 startswith/2 strings.any_prefix_match/2
    strings.any_suffix_match/2 strings.count/2 strings.replace_n/2 strings.reverse/1 substring/3 sum/1
    time.add_date/4 time.clock/1 time.date/1 time.diff/2 time.format/1 time.now_ns/0 time.parse_duration_ns/1
    time.parse_ns/2 time.parse_rfc3339_ns/1 time.weekday/1 to_number/1 trace/1 trim/2 trim_left/2 trim_prefix/2
    trim_right/2 trim_space/1 trim_suffix/2 type_name/1 union/1 units.parse/1 units.parse_bytes/1 upper/1
    urlquery.decode/1 urlquery.encode/1 uuid.parse/1 uuid.rfc4122/1 walk/1 yaml.is_valid/1 yaml.unmarshal/1
""")
ARITY = {name: int(count) for name, _, count in (each.partition("/") for each in _ARITIES)}
"""What the embedded engine has and answers as OPA does, once rewritten, with how many arguments each has."""

REFUSED = {
    "json.match_schema": "its messages differ from OPA's",
    "json.verify_schema": "its messages differ from OPA's",
    "json.marshal_with_options": "it escapes otherwise than OPA",
    "yaml.marshal": "it quotes otherwise than OPA",
    "urlquery.decode_object": "it accepts what OPA does not",
    "urlquery.encode_object": "it escapes otherwise than OPA",
    "regex.is_valid": "the two know different patterns",
    "regex.template_match": "the two know different patterns",
    "graph.reachable_paths": "paths through a cycle differ from OPA's",
}
"""What the embedded engine has but answers otherwise than OPA."""

MISSING = frozenset(
    _words("""
    all any array.flatten cast_array cast_boolean cast_null cast_object cast_set cast_string internal.print
    internal.template_string internal.test_case net.cidr_contains_matches net.cidr_intersects net.cidr_merge
    net.cidr_overlap providers.aws.sign_req re_match regex.globs_match set_diff strings.render_template
    strings.split_n uri.is_valid uri.parse
""")
)
MISSING_FAMILIES = ("crypto.", "graphql.", "io.jwt.", "rego.", "internal.")
"""What OPA has and the embedded engine has not."""

FORBIDDEN = {
    "http.send": "no policy is given the network",
    "net.lookup_ip_addr": "no policy is given the network",
    "opa.runtime": "no policy is told of this machine's environment",
}
"""What no policy gets, with any engine."""


ROOTS = frozenset(name.partition(".")[0] for name in (*ARITY, *REFUSED, *MISSING, *FORBIDDEN, *MISSING_FAMILIES))
"""What a name of a builtin begins with."""


def unknown(name: str) -> str | None:
    """Why the embedded engine cannot be trusted with a builtin of OPA; None where it can, or where there is none."""
    if name in FORBIDDEN:
        return f"{name}: {FORBIDDEN[name]}, with any engine"
    if name in REFUSED:
        return f"{name}: {REFUSED[name]}"
    if name in MISSING or name.startswith(MISSING_FAMILIES):
        return f"{name} is not in the embedded engine"
    return None
