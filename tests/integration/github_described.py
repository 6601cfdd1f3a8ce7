"""Holds exchanges with a stand-in for GitHub against GitHub's own descriptions of its API, and fills answers up to them."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration import node_packages

DATA = Path(os.environ.get("GITOPS_CI_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
DESCRIPTION = DATA / "github" / "openapi-slim.json.gz"


def _allow_null(schema: Any) -> None:
    """GitHub means that what is `nullable` may be null although its `enum` does not list it."""
    if isinstance(schema, dict):
        if schema.get("nullable") and isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"].append(None)
        for value in schema.values():
            _allow_null(value)
    elif isinstance(schema, list):
        for value in schema:
            _allow_null(value)


class Described:
    """GitHub's description of its API: fills answers up to what GitHub gives, and says what does not fit."""

    def __init__(self) -> None:
        from openapi_core import Config, OpenAPI

        self.document: dict[str, Any] = json.loads(gzip.decompress(DESCRIPTION.read_bytes()))
        _allow_null(self.document)
        self._api = OpenAPI.from_dict(self.document, config=Config(spec_validator_cls=None))  # type: ignore[arg-type]  # its documented way to skip that

    def problems(self, sent: tuple[str, str, bytes], status: int, body: Any) -> Iterator[str]:
        from openapi_core.exceptions import OpenAPIError
        from openapi_core.testing import MockRequest, MockResponse

        verb, path, raw = sent
        parts = urlsplit(path)
        if status in (401, 403, 404, 409, 410, 422):
            return  # refusals are described for few paths
        request = MockRequest(
            "http://localhost:4001",
            verb.lower(),
            parts.path,
            args={name: values[-1] for name, values in parse_qs(parts.query).items()},
            data=raw or None,
            content_type="application/json",
        )
        content = b"" if status == 204 else json.dumps(body).encode()
        response = MockResponse(data=content, status_code=status, content_type="application/json")
        try:
            self._api.validate_request(request)
            self._api.validate_response(request, response)
        except OpenAPIError as error:
            yield f"{verb} {parts.path} {status}: {error} {error.__cause__}"

    def filled(self, verb: str, path: str, status: int, body: Any) -> Any:
        """The body with everything else that its schema requires."""
        template = self._template(path)
        if template is None or body is None:
            return body
        responses = self.document["paths"][template][verb.lower()]["responses"]
        content = responses.get(str(status), {}).get("content", {})
        return self._fill(content["application/json"]["schema"], body) if "application/json" in content else body

    def _template(self, path: str) -> str | None:
        for known in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", known), path):
                return str(known)
        return None

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self.document
            for key in schema["$ref"].split("/")[1:]:
                found = found[key]
            schema = found
        return schema

    def _fill(self, schema: dict[str, Any], given: Any) -> Any:
        schema = self._resolved(schema)
        if isinstance(given, list):
            return [self._fill(schema.get("items", {}), each) for each in given]
        if not isinstance(given, dict):
            return given
        for several in ("allOf", "anyOf", "oneOf"):
            for each in schema.get(several, ())[:1]:
                given = self._fill(each, given)
        properties = schema.get("properties", {})
        filled = {name: self._fill(properties.get(name, {}), value) for name, value in given.items()}
        for name in schema.get("required", ()):
            if name not in filled:
                filled[name] = self._invented(properties.get(name, {}))
        return filled

    def _invented(self, schema: dict[str, Any]) -> Any:
        schema = self._resolved(schema)
        if schema.get("nullable") and "type" in schema:  # a validator takes no null where only alternatives are said
            return None
        if "enum" in schema:
            return schema["enum"][0]
        for several in ("allOf", "anyOf", "oneOf"):
            if schema.get(several):
                return self._invented(schema[several][0])
        formats = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://api.github.com/x", "email": "a@b.example"}
        match schema.get("type"):
            case "object" | None:
                return self._fill(schema, {}) if "properties" in schema else {}
            case "array":
                return []
            case "integer" | "number":
                return 1
            case "boolean":
                return False
            case _:
                return formats.get(schema.get("format", ""), "x")


class Graph:
    """GitHub's GraphQL schema: says which queries it does not know, and which answers it could not give."""

    def __init__(self, text: str) -> None:
        import graphql

        self.schema = graphql.build_schema(text, assume_valid=True)

    @staticmethod
    @cache
    def found() -> Graph | None:
        """The schema where npm's package can be had, read once."""
        try:
            place = node_packages.installed().modules / "@octokit" / "graphql-schema" / "schema.graphql"
        except node_packages.Missing:
            return None
        return Graph(place.read_text())

    def problems(self, raw: bytes, body: Any) -> Iterator[str]:
        """What the schema does not know of a request, and where an answer is not what it would give for such data."""
        import graphql

        sent = json.loads(raw)
        document = graphql.parse(sent["query"])
        yield from (error.message for error in graphql.validate(self.schema, document))
        if body.get("data") is None:
            return
        given = graphql.execute(
            self.schema, document, body["data"], variable_values=sent["variables"], type_resolver=_type_of
        )
        assert isinstance(given, graphql.ExecutionResult)
        yield from (error.message for error in given.errors or ())
        if given.data != body["data"]:
            yield f"{sent['query']}: {body['data']} is not {given.data}"


def _type_of(value: Any, info: Any, abstract: Any) -> str:
    """Which type an answer's value is where the schema leaves it open: the one that is asked for, or any."""
    return str(value.get("__typename") or info.schema.get_possible_types(abstract)[0].name)
