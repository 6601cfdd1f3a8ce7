"""`python -m gitops_ci.schema` writes the schemas anew from the types (`make schemas`)."""

from __future__ import annotations

import json
from pathlib import Path

from gitops_ci import config
from gitops_ci.policy.waivers import file
from gitops_ci.render import record_json, report_json


def texts() -> dict[str, str]:
    """File name → content of each schema."""
    schemas = {
        "config-1.json": config.json_schema(),
        "record-1.json": record_json.json_schema(),
        "report-1.json": report_json.json_schema(),
        "waivers-1.json": file.json_schema(),
    }
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        Path(__file__).with_name(name).write_text(text, encoding="utf-8")
