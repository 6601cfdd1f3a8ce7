"""Words that a placeholder, a public default or the name of a key is made of: what has no others is nobody's secret."""

from __future__ import annotations

WORDS = frozenset((
    "a", "abc", "access", "account", "actual", "add", "admin", "administrator", "an", "and", "any", "anything",
    "api", "app", "auth", "aws", "bar", "base64", "baz", "be", "bearer", "blah", "bob", "canary", "change",
    "changed", "changeit", "changeme", "changes", "client", "cluster", "code", "credential", "credentials",
    "custom", "data", "database", "db", "default", "demo", "dev", "development", "disabled", "dockerpassword",
    "dummy", "dummykey", "empty", "enabled", "encoded", "encrypted", "enter", "env", "environment", "example",
    "fake", "false", "fill", "fixme", "foo", "foobar", "for", "from", "generate", "generated", "get", "git",
    "github", "goes", "grafana", "guest", "guestbook", "hash", "hello", "here", "hidden", "id", "in", "input",
    "insert", "is", "it", "its", "jwt", "kafka", "key", "keys", "label", "letmein", "local", "localhost", "lorem", "me",
    "minio", "minioadmin", "mongo", "mongodb", "must", "my", "mypassword", "mysecret", "mysql", "mytoken", "name",
    "new", "nil", "no", "none", "not", "null", "oauth", "of", "old", "optional", "or", "organization", "our",
    "override", "pass", "passphrase", "passwd", "password", "passwords", "plain", "plaintext", "please", "pod",
    "postgres", "postgresql", "prod", "production", "provided", "pwd", "rabbitmq", "random", "real", "redacted",
    "redis", "replace", "replaced", "replaceme", "required", "root", "sa", "safe", "sample", "secret", "secrets",
    "secure", "security", "sensitive", "service", "session", "set", "shared", "should", "signing", "some",
    "something", "staging", "static", "string", "strong", "sudo", "super", "supersecret", "svc", "system", "tbd",
    "temp", "temporary", "test", "tester", "testing", "tests", "testuser", "text", "that", "the", "this", "to",
    "todo", "token", "tokens", "true", "undefined", "unset", "unused", "update", "updated", "use", "used", "user",
    "username", "value", "values", "very", "webhook", "with", "world", "xxx", "you", "your", "yourpassword",
))  # fmt: skip
