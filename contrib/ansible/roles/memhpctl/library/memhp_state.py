#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ansible module: the state of memory blocks and devices."""

from __future__ import annotations

DOCUMENTATION = r"""
module: memhp_state
short_description: Bring memory online, take it offline, add and remove its devices
description:
  - Brings hot-pluggable memory into a state with C(memhpctl), and changes nothing where it is in that state.
  - In check mode, says what would be changed, and fails where the change would be refused.
options:
  selectors:
    description: Blocks, ranges, addresses, nodes or devices, as on the command line. Without it, all memory. An empty list is refused.
    type: list
    elements: str
  state:
    description:
      - C(online) or C(offline) for the blocks.
      - C(present) adds the memory of devices, C(absent) removes them.
    type: str
    choices: [online, offline, present, absent]
    default: online
  size:
    description:
      - With C(online) or C(offline), the amount of the selected memory that has to be in that state, with a unit, as C(4G).
      - More than that is left as it is. Without it, all of the selected memory has to be.
    type: str
  zone:
    description: The zone in which memory comes online.
    type: str
    choices: [auto, kernel, movable]
    default: auto
  rezone:
    description: Also move blocks that are online in another zone.
    type: bool
    default: false
  atomic:
    description: All or nothing.
    type: bool
    default: true
  timeout:
    description: The deadline of the run, as C(2m).
    type: str
    default: 5m
  executable:
    description: The program, if it is not in the path.
    type: path
    default: memhpctl
author: the memhpctl authors
"""

EXAMPLES = r"""
- name: Bring all memory online so that it can leave again
  memhp_state:
    zone: movable

- name: Remove a DIMM
  memhp_state:
    selectors: [PNP0C80:00]
    state: absent
"""

RETURN = r"""
report:
  description: The document that memhpctl printed, as its JSON schema describes it.
  returned: when memhpctl was run
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.memhpctl import ARGUMENTS, Memhpctl, is_changed

UNITS = {"B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50}
COMMANDS = {"online": "online", "offline": "offline", "present": "add", "absent": "remove"}


def size_in_bytes(module: AnsibleModule, text: str) -> int:
    """Bytes of a size such as 4G or 512MiB."""
    digits = text.rstrip("BiKMGTPkmgtp")
    unit = text[len(digits):].upper().replace("IB", "") or "?"
    if unit not in UNITS or not digits.isdecimal() or not digits.isascii():
        module.fail_json(msg=f"size: {text}: a size is a whole number and a unit, such as 512M or 4G")
    return int(digits) * UNITS[unit]


def missing_bytes(module: AnsibleModule, memhpctl: Memhpctl) -> int:
    """How much of the selected memory has yet to come into the state."""
    listed = memhpctl.run("list", "--all", "--", *(module.params["selectors"] or []))
    if listed["exit_code"]:
        memhpctl.fail(listed)
    there = sum(state["bytes"] for state in listed["totals"]["states"] if state["state"] == module.params["state"])
    return max(0, size_in_bytes(module, module.params["size"]) - there)


def words(module: AnsibleModule) -> list[str]:
    """The command for what is asked for, without an amount and selectors."""
    params = module.params
    command = [COMMANDS[params["state"]], f"--timeout={params['timeout']}"]
    if params["atomic"] and params["state"] != "present":
        command.append("--atomic")
    if params["state"] in ("online", "present") and params["zone"] != "auto":
        command.append(f"--zone={params['zone']}")
    if params["rezone"]:
        command.append("--rezone")
    if not params["selectors"]:
        command.append("--all")
    return command + (["--dry-run"] if module.check_mode else [])


def main() -> None:
    """Change what is not as asked for."""
    module = AnsibleModule(
        argument_spec={
            "selectors": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": list(COMMANDS), "default": "online"},
            "size": {"type": "str"},
            "zone": {"type": "str", "choices": ["auto", "kernel", "movable"], "default": "auto"},
            "rezone": {"type": "bool", "default": False},
            "atomic": {"type": "bool", "default": True},
            "timeout": {"type": "str", "default": "5m"},
            **ARGUMENTS,
        },
        supports_check_mode=True)
    state, size = module.params["state"], module.params["size"]
    if module.params["selectors"] == []:
        module.fail_json(msg="selectors: the list is empty; leave it out for all memory")
    if state in ("present", "absent") and not module.params["selectors"]:
        module.fail_json(msg=f"state: {state} needs selectors: which devices?")
    if size and state in ("present", "absent"):
        module.fail_json(msg=f"size goes with the states online and offline, not with {state}")
    memhpctl = Memhpctl(module)
    command = words(module)
    if size:
        missing = missing_bytes(module, memhpctl)
        if not missing:
            module.exit_json(changed=False)
        # Blocks that are in that state already would count towards the amount.
        command += [f"--size={missing}B", f"--state={'offline' if state == 'online' else 'online'}"]
    # A selector is never an option.
    document = memhpctl.run(*command, "--", *(module.params["selectors"] or []))
    if document["exit_code"]:
        memhpctl.fail(document, changed="totals" in document and not module.check_mode and is_changed(document))
    module.exit_json(changed=is_changed(document), report=document)


if __name__ == "__main__":
    main()
