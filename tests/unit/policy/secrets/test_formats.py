"""What each format's reader finds, and what it leaves alone."""

from __future__ import annotations

import base64
import json

import pytest

from gitops_ci.policy.secrets import contents, formats
from gitops_ci.policy.secrets.found import Found

PASSWORD = "Gr4pe-vine-77"
RANDOM = "q8Zt3" + "LmX0vB7" + "nKd2Rw9Y"
TOKEN = "gh" + "p_" + "aB3dE5gH7jK9" * 3
PEM = (
    "-----BEGIN RSA "
    "PRIVATE KEY-----\n" + ("aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF" * 2 + "\n") * 8 + "-----END RSA " + "PRIVATE KEY-----\n"
)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def told(path: str, text: str | bytes) -> list[tuple[str, int]]:
    return [(each.rule.partition("/")[2], each.line) for each in found(path, text)]


def found(path: str, text: str | bytes) -> tuple[Found, ...]:
    return formats.reader(path)(text.encode() if isinstance(text, str) else text)


LOGIN = encoded(f"robot:{PASSWORD}")
DOCKER = json.dumps({"auths": {"r.internal": {"auth": LOGIN}}})
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n"

FINDS: list[tuple[str, str, str, int]] = [
    # a Secret, however it is written
    ("a.yaml", f"{SECRET}data:\n  password: {encoded(PASSWORD)}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}stringData:\n  anything: {PASSWORD}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}stringData:\n  pin: 83421907\n", "kubernetes-secret", 5),
    ("a.yml", f'{{"kind": "Secret", "stringData": {{"a": "{PASSWORD}"}}}}', "kubernetes-secret", 1),
    ("a.yaml", f"kind: ConfigMap\n---\n{SECRET}data: {{token: {encoded(RANDOM)}}}\n", "kubernetes-secret", 6),
    ("a.yaml", f"kind: List\nitems:\n- kind: Secret\n  data:\n    p: {encoded(PASSWORD)}\n", "kubernetes-secret", 5),
    ("a.yaml", f"kind: SecretList\nitems:\n- data:\n    p: {encoded(PASSWORD)}\n", "kubernetes-secret", 4),
    ("a.yaml", f"x: &p {PASSWORD}\nkind: Secret\nstringData:\n  a: *p\n", "kubernetes-secret", 4),
    ("a.yaml", f"{SECRET}data:\n  password: {PASSWORD}!\n", "kubernetes-secret", 5),
    ("a.json", json.dumps({"kind": "Secret", "data": {"p": encoded(PASSWORD)}}, indent=1), "kubernetes-secret", 4),
    ("a.yaml", f"{SECRET}data:\n  .dockerconfigjson: {encoded(DOCKER)}\n", "registry-login", 5),
    ("a.yaml", f"{SECRET}data:\n  config: {encoded(f'a=1{chr(10)}password={PASSWORD}{chr(10)}')}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}stringData:\n  app.properties: |\n    a=1\n    password={PASSWORD}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}stringData:\n  a.properties: api_key={RANDOM}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}data:\n  p: {encoded(PASSWORD + chr(10))}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}data:\n  clientSecret: {encoded('5e9326ee-ac8d-40bf-9060-e91dbe9d9001')}\n", "kubernetes-secret", 5),
    ("a.yaml", f"{SECRET}stringData:\n  password: example-db-{RANDOM * 2}\n", "kubernetes-secret", 5),
    ("kustomization.yaml", f"secretGenerator:\n- name: a\n  literals:\n  - key={PASSWORD}\n", "kubernetes-secret", 4),
    ("deep.json", '{"a":' * 300 + json.dumps({"password": PASSWORD}) + "}" * 300, "assignment", 1),
    ("deep.json", "[" * 5000 + json.dumps({"password": PASSWORD}) + "]" * 5000, "assignment", 1),
    ("deep.yaml", "[" * 300 + f"{{password: {PASSWORD}}}" + "]" * 300, "assignment", 1),
    # names and values
    ("a.yaml", f"env:\n- name: DB_PASSWORD\n  value: {PASSWORD}\n", "assignment", 3),
    ("a.yaml", f"env:\n- value: {PASSWORD}\n  name: DB_PASSWORD\n", "assignment", 2),
    ("a.yaml", f"env:\n- name: API_KEY\n  value: {RANDOM}\n", "assignment", 3),
    ("a.yaml", f"env:\n- {{name: DB_PASSWORD, value: {PASSWORD}}}\n", "assignment", 2),
    ("a.yaml", f"env: [{{value: {PASSWORD}, name: DB_PASSWORD}}, {{name: A, value: b}}]\n", "assignment", 1),
    ("values.yaml", f"auth:\n  adminPassword: {PASSWORD}\n", "assignment", 2),
    ("values.yaml", f"auth:\n  adminPassword: |-\n    {PASSWORD}\n", "assignment", 2),
    ("templates/a.yaml", f"{{{{- if .x }}}}\npassword: {PASSWORD}\n{{{{- end }}}}\n", "assignment", 2),
    ("compose.yml", f"services:\n  db:\n    environment:\n    - POSTGRES_PASSWORD={PASSWORD}\n", "assignment", 4),
    ("a.yaml", f'args: ["--db-password={PASSWORD}"]\n', "assignment", 1),
    ("a.yaml", f'args: ["--db-password", "{PASSWORD}"]\n', "assignment", 1),
    ("a.yaml", f"kind: ConfigMap\ndata:\n  a.ini: |\n    [db]\n    password = {PASSWORD}\n", "assignment", 5),
    ("a.yaml", f"# password: {PASSWORD}\ntoken: {{}}\n", "assignment", 1),
    (".github/workflows/a.yml", f"env:\n  NPM_TOKEN: {RANDOM}\n", "assignment", 2),
    (".github/workflows/a.yml", f"steps:\n- run: |\n    x\n    export DB_PASSWORD={PASSWORD}\n", "assignment", 4),
    # Terraform
    ("a.tf", f'resource "a" "b" {{\n  password = "{PASSWORD}"\n}}\n', "assignment", 2),
    ("a.tf", f'variable "db_password" {{\n  default = "{PASSWORD}"\n}}\n', "assignment", 2),
    ("a.tf", f'variable "x" {{\n  sensitive = true\n  default = "{PASSWORD}"\n}}\n', "assignment", 3),
    ("a.tf", f'set {{\n  name  = "auth.password"\n  value = "{PASSWORD}"\n}}\n', "assignment", 3),
    ("a.tf", f'env = [{{ name = "API_TOKEN", value = "{RANDOM}" }}]\n', "assignment", 1),
    ("a.tf", f"provider x {{\n  token = <<EOT\n{RANDOM}\nEOT\n}}\n", "assignment", 3),
    # files of their own
    (".env", f"DB_PASSWORD='{PASSWORD}'\n", "assignment", 1),
    (".env.production", f"export SESSION_SECRET={RANDOM}\n", "assignment", 1),
    ("Dockerfile", f"FROM a\nENV DB_PASSWORD={PASSWORD}\n", "assignment", 2),
    ("app.properties", f"spring.datasource.password={PASSWORD}\n", "assignment", 1),
    ("app.ini", f"[db]\npassword = {PASSWORD}\n", "assignment", 2),
    ("settings.xml", f"<server>\n<password>{PASSWORD}</password></server>", "assignment", 2),
    ("a.ps1", f'$Password = "{PASSWORD}"\n', "assignment", 1),
    ("azure.conf", f"c = DefaultEndpointsProtocol=https;AccountKey={RANDOM * 4}==;Suffix=x\n", "assignment", 1),
    ("db.conf", f"Server=db;Uid=app;Pwd={PASSWORD};Timeout=3\n", "assignment", 1),
    (".netrc", f"machine h login l password {PASSWORD}", "login", 1),
    (".npmrc", "//registry.internal/:_authToken=3f2504e0-4f89-41d3-9a0c-0305e82c3301\n", "registry-login", 1),
    (".pypirc", f"[pypi]\nusername = a\npassword = {PASSWORD}\n", "assignment", 3),
    (".docker/config.json", DOCKER, "registry-login", 1),
    (".dockercfg", json.dumps({"r.internal": {"auth": LOGIN}}), "registry-login", 1),
    (".kube/config", f"kind: Config\nusers:\n- user:\n    token: {RANDOM}\n", "assignment", 4),
    ("kubeconfig", f"kind: Config\nusers:\n- user: {{client-key-data: {encoded(PEM)}}}\n", "private-key", 3),
    ("account.json", json.dumps({"type": "service_account", "private_key": PEM}, indent=1), "private-key", 3),
    ("id_rsa", PEM, "private-key", 1),
    ("a.ppk", "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nPrivate-Lines: 2\n" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF" * 2 + "\n", "private-key", 3),
    ("a.go", 'const key = "' + PEM.replace("\n", "\\n") + '"', "private-key", 1),
    ("a.sql", f"CREATE ROLE a LOGIN PASSWORD '{PASSWORD}';", "sql-password", 1),
    ("a.sql", f"create user a identified by '{PASSWORD}';", "sql-password", 1),
    ("a.sql", f"ALTER LOGIN a WITH PASSWORD = '{PASSWORD}';", "assignment", 1),
    ("run.sh", f"curl -u app:{PASSWORD} https://x.internal", "login", 1),
    ("run.sh", f"mysql --password={PASSWORD} db", "assignment", 1),
    ("run.sh", f'echo "root:{PASSWORD}" | chpasswd', "login", 1),
    ("run.sh", f"curl -H 'Authorization: Bearer {RANDOM}' https://x", "login", 1),
    ("run.sh", f"psql postgres://app:{PASSWORD}@db.internal/app", "password-in-address", 1),
    ("a.py", f'API_KEY = "{RANDOM}"\n', "assignment", 1),
    ("README.md", f"Log in with `{TOKEN}`.\n", "token", 1),
    ("package-lock.json", json.dumps({"resolved": f"https://a:{RANDOM}@npm.internal/x.tgz"}), "password-in-address", 1),
]  # fmt: skip

LEAVES: list[tuple[str, str]] = [
    ("a.yaml", f"{SECRET}stringData:\n  id: 5e9326ee-ac8d-40bf-9060-e91dbe9d9001\n  key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
    ("a.yaml", f"{SECRET}stringData:\n  a.broker.properties: |\n    policy=SHARED_STORE_77\n  x: label\n"),
    (".secrets.baseline", '{"hashed_secret": "' + "b185ccc3090d894b3bbc" * 2 + '"}'),
    ("a.yaml", f"{SECRET}data: {{}}\n"),
    ("a.yaml", f"{SECRET}stringData:\n  type: git\n  url: https://git.internal/a\n  username: app\n"),
    ("a.yaml", f"{SECRET}data:\n  password: {encoded('changeme')}\n  token: {encoded('<token>')}\n  x: ''\n"),
    ("a.yaml", f"{SECRET}data:\n  tls.crt: {encoded('-----BEGIN CERTIFICATE-----' + chr(10) + RANDOM)}\n"),
    ("a.yaml", f"{SECRET}stringData:\n  password: $(PASSWORD)\n  b: <path:kv/data/app#password>\n  c: ref+vault://a/b\n"),
    ("a.yaml", "kind: ExternalSecret\nspec:\n  data:\n  - secretKey: db-password-77x\n    remoteRef: {key: prod/db7, property: password}\n"),
    ("a.yaml", "env:\n- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db-77, key: password}}\n"),
    ("a.yaml", "env:\n- name: DB_PASSWORD_FILE\n  value: /run/secrets/db-77\n- name: DB_PASSWORD\n  value: /run/secrets/db-77\n"),
    ("a.yaml", "imagePullSecrets: [{name: regcred}]\nexistingSecret: app-secret-77\ntokenSecret: my-app-77-token\n"),
    ("a.yaml", "automountServiceAccountToken: false\nsecretName: tls-77\npasswordSecretRef: {name: x77, key: password}\n"),
    ("values.yaml", "password: ''\nadminPassword: null\nrootPassword: changeme\ntoken: REPLACE_ME\nsecretKey: '********'\napiKey: xxxxxxxxxxxxxxxx\n"),
    ("values.yaml", "password: admin\nauth: {password: postgres, token: my-token}\n"),
    ("crd.yaml", "kind: CustomResourceDefinition\nspec:\n  password: {type: string, description: 'Password: the password to use, see 77 docs'}\n"),
    (".github/workflows/a.yml", "env:\n  TOKEN: ${{ secrets.TOKEN }}\n  KEY: ${{ github.token }}\njobs: {a: {secrets: inherit, permissions: {id-token: write}}}\n"),
    ("a.tf", 'x {\n  password = var.password\n  token = data.vault_kv.x.data["token"]\n  secret = aws_secretsmanager_secret.a7.id\n}\n'),
    ("a.tf", 'variable "db_password" {\n  sensitive = true\n  default = ""\n}\n'),
    ("a.tf", 'x {\n  secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdE7"\n  password = "${random_password.x.result}"\n}\n'),
    (".env", "DB_PASSWORD=$DB_PASSWORD\nTOKEN=${TOKEN}\nSECRET=\nAPI_KEY=<your-key>\nPASSWORD=password\n"),
    (".env.example", "DB_PASSWORD=changeme\nAPI_KEY=your-api-key\n"),
    ("Dockerfile", "ARG NPM_TOKEN\nENV TOKEN=$NPM_TOKEN\nRUN --mount=type=secret,id=token77 cat /run/secrets/token77\n"),
    ("a.go", 'password := os.Getenv("DB_PASSWORD")\ntoken := "my-token-name-v2"\nconst secretName = "prod-db-77"\n'),
    ("a.py", "def f(password: str = 'hunter') -> None:\n    token = get(secret_id='a7b')\n"),
    ("a.md", "Set `password: hunter2-77` in the file; the token=abc123 is yours.\n"),
    ("README.md", "postgres://user:password@localhost/db and https://user:${TOKEN}@git.internal\n"),
    ("a.sh", "psql postgres://postgres:postgres@localhost:5432/app\ngit clone https://x-access-token:${GH_TOKEN}@github.com/a/b\n"),
    ("id.pub", f"ssh-rsa AAAA{RANDOM * 8} me@host\n"),
    ("a.crt", f"-----BEGIN CERTIFICATE-----\n{RANDOM * 3}\n-----END CERTIFICATE-----\n"),
    ("a.go", '-----BEGIN RSA ' + 'PRIVATE KEY-----\n...\n'),
    ("go.sum", f"github.com/a/token v1.0.0 h1:{encoded(RANDOM)}\n"),
    (".terraform.lock.hcl", f'hashes = ["h1:{encoded(RANDOM + RANDOM)}"]\n'),
    ("package-lock.json", json.dumps({"token": {"integrity": f"sha512-{encoded(RANDOM * 3)}"}})),
    ("a.yaml", "image: a@sha256:" + "ab" * 32 + "\nchecksum/secret: " + "a7" * 32 + "\n"),
    ("a.yaml", "tokenId: 3f2504e0-4f89-41d3-9a0c-0305e82c3301\ntoken: 3f2504e0-4f89-41d3-9a0c-0305e82c3301\n"),
    ("a.sql", "CREATE ROLE a PASSWORD NULL;\n-- identified by 'name' or 'server'\nCREATE ROLE b PASSWORD :'pw';\n"),
    ("a.tf", 'x { access_key = "AKIA' + 'IOSFODNN7EXAMPLE" }\n'),
    (".netrc", "machine h login l password $TOKEN\n"),
    (".npmrc", "//registry.internal/:_authToken=${NPM_TOKEN}\n"),
    (".docker/config.json", '{"auths": {"r": {}}, "credsStore": "ecr-login"}'),
    ("lfs.env", "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a7" * 32 + "\nsize 9\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "rule", "line"), FINDS, ids=[f"{case[0]}-{n}" for n, case in enumerate(FINDS)]
)
def test_a_secret_is_found(path: str, text: str, rule: str, line: int) -> None:
    assert told(path, text) == [(rule, line)]


@pytest.mark.parametrize(("path", "text"), LEAVES, ids=[f"{case[0]}-{n}" for n, case in enumerate(LEAVES)])
def test_what_is_no_secret_is_left_alone(path: str, text: str) -> None:
    assert told(path, text) == []


@pytest.mark.parametrize(
    ("path", "text", "rule", "line"), FINDS, ids=[f"{case[0]}-{n}" for n, case in enumerate(FINDS)]
)
def test_a_finding_holds_nothing_of_the_value(path: str, text: str, rule: str, line: int) -> None:
    for each in found(path, text):
        shown = repr(each) + each.name
        for value in (PASSWORD, RANDOM, TOKEN, LOGIN, encoded(PASSWORD)):
            assert not any(value[at : at + 5] in shown for at in range(len(value) - 4))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_any_encoding_and_line_end(encoding: str, ending: str) -> None:
    text = ending.join(("A=1", f"DB_PASSWORD={PASSWORD}", "B=2", ""))
    assert told(".env", text.encode(encoding)) == [("assignment", 2)]


@pytest.mark.parametrize("noise", [b"\xff\xfe\xff", b"\xc3", b"\x00", "ſß\u2028İ".encode()])
def test_odd_bytes_hide_nothing(noise: bytes) -> None:
    content = b"A=" + noise + b"\n" + f"DB_PASSWORD={PASSWORD}\n".encode() + b"# " + b"text " * 100
    assert told(".env", content) == [("assignment", 2)]


def test_binary_files_are_told_by_their_content() -> None:
    assert contents.text(bytes(range(256)) * 40) is None
    assert told("a.env", bytes(range(256)) * 40 + f"\nDB_PASSWORD={PASSWORD}\n".encode()) == []


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x30\x82\x0a\x00\x02\x01\x03\x30", "PKCS#12 key store"),
        (b"\x30\x82\x0a\x00\x02\x01\x00\x30\x0d", "DER private key"),
        (b"\x30\x82\x0a\x00\x02\x01\x00\x02\x82", "DER private key"),
        (b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\1", "Java key store"),
    ],
)
def test_key_stores_are_private_keys(head: bytes, name: str) -> None:
    (each,) = found("a.bin", head + bytes(range(256)) * 8)
    assert (each.rule, each.name) == ("secrets/private-key", name)


def test_stores_of_certificates_are_none() -> None:
    for head in (b"\x30\x82\x0a\x00\x30\x82", b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1\0\0\0\2", b"\x89PNG\r\n\x1a\n"):
        assert found("a.bin", head + bytes(range(256)) * 8) == ()
