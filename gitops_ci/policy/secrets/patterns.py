"""The forms of names and values that `secrets` takes for secrets: regular expressions, each linear in its text."""

from __future__ import annotations

import re

from gitops_ci.patterns import later
from gitops_ci.policy.secrets.forms import FORMS

_WORD = (
    r"(?:(?<![a-z])pass|pass(?:word|wd|phrase|code)|pwd|secret|token|credential|connection[_-]?string|kubeconfig"
    r"|(?:private|api|access|secret|account|shared|shared[_-]access|encryption|signing|auth|master|client|storage)"
    r"[_-]?key)"
)
_TAIL = r"s?(?:[_-]?(?:value|string|base64|b64|wo|pem|openssh|pkcs8|json|data|plaintext|hash))?"
NAME = later(rf"{_WORD}{_TAIL}$")
CAMEL = later(r"(?<=[a-z0-9])(?=[A-Z])")

TOKENS = later("|".join(f"(?:{form.pattern})" for form in FORMS))
PRIVATE_KEY = later(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----"
    r"(?:.*?-----END [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----|.*)"
    r"|Private-Lines: \d+\s.*",
    re.DOTALL,
)
IN_ADDRESS = later(
    r"://[^\s/?#@:\"'<>]{0,200}:(?!\d{1,5}[/?#])(?P<value>[^\s/\"'<>]{1,500}(?=@)|[^\s\"'<>]{1,500}?(?=@))@"
)
_QUOTED = r"""(?:(?P<e{n}>\\+)(?P<q{n}>["'])(?P<escaped{n}>.{{0,1000}}?(?=(?<!\\)(?P=e{n})(?P=q{n}))|[^"'\s]*)
               |"(?P<double{n}>(?:[^"\\]|\\.)*)|'(?P<single{n}>[^']*))"""
ASSIGNED = later(
    rf"""
    (?<![:/]){_WORD}{_TAIL}
    (?:\\*["'])? [ \t]* (?:
        (?:=>|:=|[:=]) [ \t]* {_QUOTED.format(n=1)}
      | (?:=>|:=|[:=]) [ \t]* \[ (?P<list>[^\[\]{{}}]+) \]
      | : [ \t]* [|>][-+\d]* [ \t]*\n (?P<block>(?P<indent>[ \t]+)[^\n]*(?:\n(?P=indent)[^\n]*)*)
      | = [ \t]* <<[-~]?(?P<tag>\w+)\n
        (?P<heredoc>(?![ \t]*(?P=tag)\b)[^\n]*+(?:\n(?![ \t]*(?P=tag)\b)[^\n]*+){{0,40}}+)
      | (?:=>|:=|=|:(?!\s)) [ \t]* (?P<bare>(?:[^\s"'`\\,;&]|[,;&](?!\s*["'\w.%-]{{1,40}}\s*[=:]|\s|\Z))+)
      | :[ \t]+(?P<prose>(?=[^\s\d]*\d)[^\s"'\\]*[^\s"'\\,])                             # a word with a digit
    )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
YAML = later(
    rf"(?:^[ \t-]*|(?P<flow>[{{,]\s?))[\"']?[\w./-]{{0,60}}?{_WORD}{_TAIL}[\"']?[ \t]*:[ \t]+"
    r"(?(flow)(?P<item>[^\s\"'\\][^\n,}]*)|(?P<line>[^\s\"'\\][^\n]*(?<!,)))",
    re.IGNORECASE | re.MULTILINE,
)
"""A key at the start of a line or within braces: its value goes to the end of the line or of the item."""

OPTION = later(rf"(?<![\w-])--?(?:[a-z][\w-]{{0,40}}?)?{_WORD}[ \t]+[\"']?(?P<value>[^\s\"'-][^\s\"']*)", re.IGNORECASE)
NAME_AND_VALUE = later(
    rf"""
    (?<![\w])(?:name|key)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?[\w.-]*?{_WORD}{_TAIL}(?:\\*["'])?\s{{0,200}},?\s{{0,200}}
    (?:\\*["'])?value(?:\\*["'])?\s*[:=]\s*(?:{_QUOTED.format(n=1)}|(?P<line>[^\s"'\\{{][^\n]*))
    | (?<![\w])value(?:\\*["'])?\s*[:=]\s*{_QUOTED.format(n=2)}\\*["']?\s{{0,200}},?\s{{0,200}}
    (?:\\*["'])?(?:name|key)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?[\w.-]*?{_WORD}{_TAIL}(?:\\*["']|\s|\Z)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
ELEMENT = later(rf"<[\w:.-]*?{_WORD}{_TAIL}(?:\s[^<>]*)?>(?P<value>[^<>]+)</", re.IGNORECASE)
HEADER = later(
    r"authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer|token|digest)\s+(?P<value>[^\s\"']+)"
    r"|\bbearer\s+(?P<bearer>[A-Za-z0-9._~+/=-]{20,})"
    r"|[\"']auth\\*[\"']\s*:\s*\\*[\"'](?P<docker>[A-Za-z0-9+/=]{8,})"
    r"|\blogin\s+\S+\s+password\s+(?P<netrc>\S+)"
    r"|\b(?:identified\s+by|password)\s+'(?P<sql>[^']+)'"
    r"|[\"'\s](?P<user>[\w.-]+):(?P<chpasswd>[^\s\"']+)[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"
    r"|\bcurl\b[^\n|]{0,300}?\s(?:-u|--user)\s*[\"']?[\w.@-]+:(?P<curl>[^\s\"']+)",
    re.IGNORECASE,
)
NEAR = later(
    r"(?:secret|token|passw|credential|(?:api|access|auth|private|encryption).?key)[^\n]{0,40}?"
    r"(?<![\w+/=.:-])(?P<value>[A-Za-z0-9+/_]{20,}={0,2})(?![\w+/=.:-])",
    re.IGNORECASE,
)
BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/=])")

ASIDE = frozenset({"e1", "q1", "e2", "q2", "indent", "tag", "flow", "user"})
"""Groups of the patterns above that serve their reading; every other one holds a secret."""

ENCLOSED = frozenset({"escaped1", "double1", "single1", "escaped2", "double2", "single2", "list", "block", "heredoc"})
"""Groups that go on to a closing quote, bracket, tag or indentation, which may be far away or nowhere."""

HARMLESS = later(
    r"(?:true|false|null|none|nil|yes|no|on|off|~|undefined|required|optional)\s*(?:[,;}\])#|&]|\Z)"  # no text at all
    r"|[|>][-+]?\s*\Z|[\[{]\s*(?:\Z|\\*[\"'\[{\]}]|[\w.-]+\s*[:=])"  # what begins a YAML or JSON block
    r"|(?-i:\$[A-Z_][A-Z0-9_]*|\$\{[\w.]+\})(?=[\s\"';,)&|]|\Z)"  # variables
    r"|\$\(|\$?\{\{|\(\(|<[\w -]+>|%\(?[a-z_]*\)?s\b|\*+\Z|\(sensitive"  # somebody fills it in
    r"|(?:var|local|module|data|each|self)\.[a-z]"
    r"|arn:[a-z-]+:|ENC\[|!Ref\b|!Sub\b|@Microsoft\.KeyVault\(|op://|vault:|ssm:|projects/[\w-]+/secrets/",
    re.IGNORECASE,
)
REFERENCE = later(r"arn:aws[a-z-]*:[a-z0-9-]+:\S*|ENC\[[A-Z0-9_]+,data:\S*\]")

GIVEN = later(
    rf"{_WORD}{_TAIL}(?:\\*[\"'])?(?:[ \t]*(?:=>|:=|[:=])[ \t]*[^\s]|>[^<\s]"
    r"|[ \t]+(?P<apart>[^\s=:])|(?P<ends>[\"',]{0,2}[ \t]{0,9}(?:\r?$|\}))"
    r"|[\"'],?[ \t]{0,9}(?:[\"'](?![:}\])])|value)|,[ \t]{0,9}value)",
    re.MULTILINE,
)
"""In lower case: a name and something behind it that may be its value. `apart`: a space between, as options have it."""

HINT = later(
    r"://|pass|pwd|secret|token|credential|key|connection|kubeconfig|auth|bearer|identified|private-lines|curl"
    r"|akia|asia|abia|acca|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|gr1348941|xox|xapp-|hooks\.slack|/webhooks/"
    r"|k_live_|k_test_|whsec_|aiza|ya29\.|gocspx|q~|sig=|npm_|pypi-|eyj|hv[sbr]\.|atlasv1|_v1_|sg\.|shp[acps]"
    r"|sk-|dapi|dckr_pat|gl(?:c|sa)_|nrak"
)
"""Found (in lower case) wherever anything below is: most texts have none of these and cost one search."""
