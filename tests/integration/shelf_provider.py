"""A Terraform provider of our own, for tests: boxes on a shelf, which is a JSON file outside of Terraform.

Run as a program by Terraform. What its configuration asks for with `does` goes wrong in every way that a provider can.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, cast

from tf import iface, runner, schema, types
from tf.utils import Diagnostics

NAME = "registry.example.com/acme/shelf"
_WRITING = threading.Lock()


def sleeper(shelf: Path) -> str:
    """What the process is called that a provider which hangs leaves behind: no other test's has that name."""
    return f"sleep-beside-{shelf.parent.name}"


class Shelf(iface.Provider):
    path = Path(os.devnull)

    def get_model_prefix(self) -> str:
        return "shelf_"

    def full_name(self) -> str:
        return NAME

    def get_provider_schema(self, diags: Diagnostics) -> schema.Schema:
        names = ("path", "does", "token")
        return schema.Schema([schema.Attribute(each, types.String(), optional=True) for each in names])

    def validate_config(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: dict[str, Any]) -> None:
        self.path = Path(config["path"] or os.devnull)
        match config["does"]:
            case "noise":
                sys.stdout.write('{"type":"diagnostic","diagnostic":{"severity":"error","summary":"not ours"}}\n')
                sys.stderr.write("::error::a provider talks\n" * 100)
            case "flood":
                for _ in range(1 << 10):
                    sys.stderr.write("x" * (1 << 18) + "\n")
            case "error":
                diags.add_error("The shelf is locked", f"its token is {config['token']}")
            case "crash":
                sys.stderr.write("panic: the shelf fell down\n")
                os._exit(2)
            case "hang":
                subprocess.Popen([sleeper(self.path), "301"], executable="/bin/sleep", start_new_session=True)
                self.path.with_suffix(".hangs").touch()
                time.sleep(300)
            case _:
                pass

    def get_data_sources(self) -> list[type[iface.DataSource]]:
        return []

    def get_resources(self) -> list[type[iface.Resource]]:
        return [Box]

    def boxes(self) -> dict[str, dict[str, Any]]:
        return cast(dict[str, dict[str, Any]], json.loads(self.path.read_text()) if self.path.is_file() else {})

    def put(self, id: str, box: dict[str, Any] | None) -> None:
        with _WRITING:
            boxes = {key: each for key, each in self.boxes().items() if key != id}
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(boxes | ({id: box} if box is not None else {})))
            new.replace(self.path)


class Box(iface.Resource):
    def __init__(self, provider: Shelf) -> None:
        self.shelf = provider

    @classmethod
    def get_name(cls) -> str:
        return "box"

    @classmethod
    def get_schema(cls) -> schema.Schema:
        return schema.Schema(
            [
                schema.Attribute("id", types.String(), computed=True),
                schema.Attribute("name", types.String(), required=True, requires_replace=True),
                schema.Attribute("size", types.Number(), optional=True),
                schema.Attribute("lock_code", types.String(), optional=True, sensitive=True),
                schema.Attribute("api_token", types.String(), optional=True),  # a mark that the provider forgot
            ]
        )

    def create(self, ctx: iface.CreateContext, planned: dict[str, Any]) -> dict[str, Any]:
        made = {**planned, "id": f"box-{planned['name']}"}
        self.shelf.put(made["id"], made)
        return made

    def read(self, ctx: iface.ReadContext, current: dict[str, Any]) -> dict[str, Any] | None:
        return self.shelf.boxes().get(current["id"])

    def update(self, ctx: iface.UpdateContext, current: dict[str, Any], planned: dict[str, Any]) -> dict[str, Any]:
        made = {**planned, "id": current["id"]}
        self.shelf.put(made["id"], made)
        return made

    def delete(self, ctx: iface.DeleteContext, current: dict[str, Any]) -> None:
        self.shelf.put(current["id"], None)

    def import_(self, ctx: iface.ImportContext, id: str) -> dict[str, Any] | None:
        return self.shelf.boxes().get(id)


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):  # it ends when Terraform says so, or not at all
        signal.signal(each, signal.SIG_IGN)
    runner.run_provider(Shelf())
