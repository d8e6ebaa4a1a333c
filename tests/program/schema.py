# SPDX-License-Identifier: GPL-2.0-or-later
"""Validation of what the program prints with --json against the installed schema.

A new command adds its document to `$defs` of schema/memhpctl.schema.json and a reference to it under `oneOf`; every
`--json` run of every test is validated from then on.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import jsonschema

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "schema/memhpctl.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def documents_of(command: str | None) -> list[str]:
    """Names of the definitions that a command may print."""
    names = [reference["$ref"].rpartition("/")[2] for reference in SCHEMA["oneOf"]]

    def fits(name: str) -> bool:
        form = SCHEMA["$defs"][name].get("properties", {}).get("command", {})
        return form.get("const", command) == command and command in form.get("enum", [command])

    return [name for name in names if fits(name)]


def check_document(document: Any) -> None:
    """Fail unless it is exactly one of the documents of its command; says what is wrong with it as which."""
    if VALIDATOR.is_valid(document):
        return
    complaints = []
    for name in documents_of(document.get("command")):
        validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})
        complaints += [f"as {name}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    raise AssertionError("the schema does not have this document:\n" + "\n".join(complaints))
