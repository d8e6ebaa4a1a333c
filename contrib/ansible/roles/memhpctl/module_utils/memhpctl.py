# SPDX-License-Identifier: GPL-2.0-or-later
"""What the modules share: running memhpctl, and the reasons of a report."""

from __future__ import annotations

import json

from ansible.module_utils.basic import AnsibleModule

ARGUMENTS = {"executable": {"type": "path", "default": "memhpctl"}}


class Memhpctl:
    """The program on the managed machine."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.program = module.get_bin_path(module.params["executable"], required=True, opt_dirs=["/usr/sbin", "/usr/local/sbin"])

    def run(self, *words: str) -> dict:
        """Run a command; its document, in which exit_code tells how it ended."""
        code, out, err = self.module.run_command([self.program, "--json", *words])
        try:
            return json.loads(out)
        except ValueError:
            self.module.fail_json(msg=f"memhpctl {' '.join(words)} ended with {code} and without a report: {err.strip() or out.strip()}")

    def fail(self, document: dict, **facts: object) -> None:
        """End with the reasons that a document has."""
        self.module.fail_json(msg="; ".join(reasons(document)) or f"memhpctl ended with {document['result']}", report=document, **facts)


def reasons(document: dict) -> list[str]:
    """One sentence for each block and device that is not as asked for, or the one for all."""
    if "error" in document:
        return [document["error"]["message"]]
    named = [(part["device"], part) for part in document.get("devices", [])]
    named += [(f"memory{part['block']}", part) for part in document.get("blocks", [])]
    return [f"{name}: {part['result']}: {part['reason']}" for name, part in named if part.get("reason") and part["result"] != "passed-over"]


def is_changed(document: dict) -> bool:
    """Did the run change anything, or, being a dry run, would it?"""
    return document["totals"]["changed"] + document["totals"]["planned"] > 0 or \
        any(device["result"] in ("removed", "added", "planned") for device in document.get("devices", []))
