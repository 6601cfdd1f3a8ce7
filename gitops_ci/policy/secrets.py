"""What looks like a secret: by the name of a value, or by the value itself; one detector for plans, messages and rules.

Names: a word such as `password` or `private_key` at the end (`db_password`, `apiKey`), whatever the value is. Values:
tokens with a form of their own, private keys, passwords in addresses and assignments inside longer text, random words
right behind a naming one, and all of these in base64. No secret: references (ARNs, `$VARIABLES`), what SOPS has
encrypted, certificates, digests, UUIDs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

MASK = "(sensitive)"
"""What stands for a secret inside a text."""

CHANGED = "(sensitive, changed)"
"""The same for a secret that the other side of a change does not have."""

_WORD = (
    r"(?:(?<![a-z])pass|pass(?:word|wd|phrase|code)|pwd|secret|token|credential|connection[_-]?string|kubeconfig"
    r"|(?:private|api|access|secret|account|shared|shared[_-]access|encryption|signing|auth|master|client|storage)"
    r"[_-]?key)"
)
_TAIL = r"s?(?:[_-]?(?:value|string|base64|b64|wo|pem|openssh|pkcs8|json|data|plaintext|hash))?"
_NAME = re.compile(rf"{_WORD}{_TAIL}$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_TOKENS = re.compile(
    r"""
      (?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}                                       # AWS access keys
    | gh[pousr]_[A-Za-z0-9]{36,} | github_pat_[A-Za-z0-9_]{22,}
    | gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_-]{20,} | GR1348941[A-Za-z0-9_-]{20,}
    | xox[abceoprs]-[A-Za-z0-9-]{10,} | xapp-\d-[A-Za-z0-9-]{20,}
    | hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/]{20,}
    | discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}
    | [rs]k_(?:live|test)_[A-Za-z0-9]{16,} | whsec_[A-Za-z0-9+/=]{24,}          # Stripe
    | AIza[0-9A-Za-z_-]{35} | ya29\.[0-9A-Za-z_-]{20,} | GOCSPX-[0-9A-Za-z_-]{20,}
    | [A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}                              # Azure AD client secrets
    | (?<=[?&;]sig=)[A-Za-z0-9%+/=_-]{20,}                                      # Azure shared access signatures
    | npm_[A-Za-z0-9]{36} | pypi-AgE[A-Za-z0-9_-]{40,}
    | (?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*                  # JSON web tokens
    | hv[sbr]\.[A-Za-z0-9_-]{20,} | [A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50,}
    | do[opr]_v1_[a-f0-9]{64} | SG\.[\w-]{20,24}\.[\w-]{39,50} | shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}
    | sk-(?:ant|proj|svcacct|admin)-[\w-]{20,} | \bsk-[A-Za-z0-9]{32,} | dapi[a-f0-9]{32}
    | dckr_pat_[\w-]{20,} | glc_[A-Za-z0-9+/=]{32,} | glsa_[A-Za-z0-9_]{32,} | NRAK-[A-Z0-9]{27}
    | AGE-SECRET-KEY-1[0-9A-Z]{58}
    """,
    re.VERBOSE,
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----"
    r"(?:.*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----|.*)"
    r"|Private-Lines: \d+\s.*",
    re.DOTALL,
)
_IN_ADDRESS = re.compile(
    r"://[^\s/?#@:\"'<>]{0,200}:(?!\d{1,5}[/?#])(?P<value>[^\s/\"'<>]{1,500}(?=@)|[^\s\"'<>]{1,500}?(?=@))@"
)
_QUOTED = r"""(?:(?P<e{n}>\\+)(?P<q{n}>["'])(?P<escaped{n}>.{{0,1000}}?(?=(?<!\\)(?P=e{n})(?P=q{n}))|[^"'\s]*)
               |"(?P<double{n}>(?:[^"\\]|\\.)*)|'(?P<single{n}>[^']*))"""
_ASSIGNED = re.compile(
    rf"""
    (?<![:/]){_WORD}{_TAIL}
    (?:\\*["'])? [ \t]* (?:
        (?:=>|[:=]) [ \t]* {_QUOTED.format(n=1)}
      | (?:=>|[:=]) [ \t]* \[ (?P<list>[^\[\]{{}}]+) \]
      | : [ \t]* [|>][-+\d]* [ \t]*\n (?P<block>(?P<indent>[ \t]+)[^\n]*(?:\n(?P=indent)[^\n]*)*)
      | = [ \t]* <<[-~]?(?P<tag>\w+)\n (?P<heredoc>.{{1,2000}}?) \n[ \t]*(?P=tag)
      | (?:=>|=|:(?!\s)) [ \t]* (?P<bare>(?:[^\s"'`\\,;&]|[,;&](?!\s*["'\w.%-]{{1,40}}\s*[=:]|\s|\Z))+)
      | :[ \t]+(?P<prose>(?=[^\s\d]*\d)[^\s"'\\]*[^\s"'\\,])                             # a word with a digit
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_YAML = re.compile(
    rf"(?:^[ \t-]*|(?P<flow>[{{,]\s?))[\"']?[\w./-]{{0,60}}?{_WORD}{_TAIL}[\"']?[ \t]*:[ \t]+"
    r"(?(flow)(?P<item>[^\s\"'\\][^\n,}]*)|(?P<line>[^\s\"'\\][^\n]*(?<!,)))",
    re.IGNORECASE | re.MULTILINE,
)
"""A key at the start of a line or within braces: its value goes to the end of the line or of the item."""

_OPTION = re.compile(
    rf"(?<!\S)--?(?:[a-z][\w-]{{0,40}}?)?{_WORD}[ \t]+[\"']?(?P<value>[^\s\"'-][^\s\"']*)", re.IGNORECASE
)
_NAME_AND_VALUE = re.compile(
    rf"""
    (?<![\w])(?:name|key)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?[\w.-]*?{_WORD}{_TAIL}(?:\\*["'])?\s{{0,200}},?\s{{0,200}}
    (?:\\*["'])?value(?:\\*["'])?\s*[:=]\s*(?:{_QUOTED.format(n=1)}|(?P<line>[^\s"'\\{{][^\n]*))
    | (?<![\w])value(?:\\*["'])?\s*[:=]\s*{_QUOTED.format(n=2)}\\*["']?\s{{0,200}},?\s{{0,200}}
    (?:\\*["'])?(?:name|key)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?[\w.-]*?{_WORD}{_TAIL}(?:\\*["']|\s|\Z)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(
    r"authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token|digest)\s+(?P<value>[^\s\"']+)"
    r"|\bbearer\s+(?P<bearer>[A-Za-z0-9._~+/=-]{20,})"
    r"|[\"']auth\\*[\"']\s*:\s*\\*[\"'](?P<docker>[A-Za-z0-9+/=]{8,})"
    r"|\blogin\s+\S+\s+password\s+(?P<netrc>\S+)"
    r"|\b(?:identified\s+by|password)\s+'(?P<sql>[^']+)'"
    r"|[\"'\s](?P<user>[\w.-]+):(?P<chpasswd>[^\s\"']+)[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"
    r"|\bcurl\b[^\n|]{0,300}?\s(?:-u|--user)\s*[\"']?[\w.@-]+:(?P<curl>[^\s\"']+)",
    re.IGNORECASE,
)
_NEAR = re.compile(
    r"(?:secret|token|passw|credential|(?:api|access|auth|private|encryption).?key)[^\n]{0,40}?"
    r"(?<![\w+/=.:-])(?P<value>[A-Za-z0-9+/_]{20,}={0,2})(?![\w+/=.:-])",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/=])")

_VALUES = frozenset(
    {
        "value",
        "line",
        "item",
        "list",
        "block",
        "heredoc",
        "bare",
        "prose",
        "bearer",
        "docker",
        "netrc",
        "sql",
        "chpasswd",
        "curl",
        "escaped1",
        "double1",
        "single1",
        "escaped2",
        "double2",
        "single2",
    }
)
"""The groups of the patterns above that hold the secret itself."""

_HARMLESS = re.compile(
    r"(?:true|false|null|none|nil|yes|no|on|off|~|undefined|required|optional)\s*(?:[,;}\])#|&]|\Z)"  # no text at all
    r"|[|>][-+]?\s*\Z|[\[{]"  # what begins a YAML or JSON block
    r"|\$\{?[A-Za-z_][\w.]*\}?(?:\W|\Z)|\$\(|\{\{|<[\w -]+>|%\(?[a-z_]*\)?s\b|\*+\Z|\(sensitive"  # somebody fills it in
    r"|(?:var|local|module|data|each|self)\.[a-z]"
    r"|arn:[a-z-]+:|ENC\[|!Ref\b|!Sub\b|@Microsoft\.KeyVault\(|op://|vault:|ssm:|projects/[\w-]+/secrets/",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:\S*|ENC\[[A-Z0-9_]+,data:\S*\]")

_HINT = re.compile(
    r"://|pass|pwd|secret|token|credential|key|connection|kubeconfig|auth|bearer|identified|private-lines|curl"
    r"|akia|asia|abia|acca|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|gr1348941|xox|xapp-|hooks\.slack|/webhooks/"
    r"|k_live_|k_test_|whsec_|aiza|ya29\.|gocspx|q~|sig=|npm_|pypi-|eyj|hv[sbr]\.|atlasv1|_v1_|sg\.|shp[acps]"
    r"|sk-|dapi|dckr_pat|gl(?:c|sa)_|nrak"
)
"""Found (in lower case) wherever anything below is: most texts have none of these and cost one search."""

_SHORT = 200
_LEAST = 8
"""Shorter texts hold no secret that could be told from a word."""


class Secret(NamedTuple):
    """A secret in a text: what kind it is, and where it begins and ends."""

    kind: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether something of this name is a secret by its name alone."""
    return _NAME.search(_CAMEL.sub("_", name).lower().replace(".", "_").replace(" ", "_")) is not None


def is_reference(text: str) -> bool:
    """Whether a text only says where a secret is, or is one that is encrypted: an ARN, or what SOPS writes."""
    return _REFERENCE.fullmatch(text) is not None


def find(text: str) -> tuple[Secret, ...]:
    """The secrets in a text, in order, none within another. Linear in the length of the text."""
    if len(text) < _LEAST:
        return ()
    if len(text) <= _SHORT:
        return _found_in_short(text)
    return _found(text)


def masked(text: str) -> str:
    """The text with MASK in place of every secret; the same object where there is none."""
    return replaced(text, find(text), {})


def masked_pair(before: str, after: str) -> tuple[str, str] | None:
    """Both sides of a change without their secrets; None where what is left does not show that they differ."""
    in_before, in_after = find(before), find(after)
    if not in_before and not in_after:
        return before, after
    known = {before[each.start : each.end] for each in in_before}
    fresh = {after[each.start : each.end]: CHANGED for each in in_after} if known else {}
    for value in known:
        fresh.pop(value, None)
    left = replaced(before, in_before, {}), replaced(after, in_after, fresh)
    return None if left[0] == left[1] and before != after else left


def replaced(text: str, secrets: tuple[Secret, ...], names: dict[str, str]) -> str:
    """The text with each secret replaced by its name, or by MASK."""
    if not secrets:
        return text
    parts, at = [], 0
    for each in secrets:
        parts += [text[at : each.start], names.get(text[each.start : each.end], MASK)]
        at = each.end
    return "".join([*parts, text[at:]])


def _found(text: str) -> tuple[Secret, ...]:
    spans = list(_encoded(text))
    if _HINT.search(text.lower()) is not None:
        spans += _plain(text)
    if not spans:
        return ()
    kept: list[Secret] = []
    for each in sorted(spans, key=lambda secret: (secret.start, -secret.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
        elif each.end > kept[-1].end:
            kept[-1] = kept[-1]._replace(end=each.end)
    return tuple(kept)


_found_in_short = lru_cache(maxsize=8192)(_found)


def _plain(text: str) -> Iterator[Secret]:
    for kind, pattern in (("private key", _PRIVATE_KEY), ("token", _TOKENS)):
        yield from (Secret(kind, *match.span()) for match in pattern.finditer(text))
    patterns = (
        ("password in an address", _IN_ADDRESS),
        ("assignment", _ASSIGNED),
        ("assignment", _YAML),
        ("assignment", _OPTION),
        ("assignment", _NAME_AND_VALUE),
        ("credential", _HEADER),
    )
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            for name in _VALUES.intersection(pattern.groupindex):
                if (value := match.group(name)) and _HARMLESS.match(value) is None:
                    yield Secret(kind, *match.span(name))
    for match in _NEAR.finditer(text):
        if _is_random(match.group("value")):
            yield Secret("random value", *match.span("value"))


def _encoded(text: str) -> Iterator[Secret]:
    """Base64 of text that holds a secret, as user data is often given."""
    for match in _BASE64.finditer(text):
        word = match.group()
        if len(word) % 4:
            continue
        try:
            content = base64.b64decode(word, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
        if _HINT.search(content.lower()) is not None and next(_plain(content), None) is not None:
            yield Secret("base64", *match.span())


def _is_random(word: str) -> bool:
    """Whether a word has the mix of a generated one: digests (one case) and identifiers (no digits) have not."""
    upper = sum(character.isupper() for character in word)
    lower = sum(character.islower() for character in word)
    digits = sum(character.isdigit() for character in word)
    return min(upper, lower) >= 3 and digits >= 1 and len(set(word)) >= 14 and word.count("/") < 3
