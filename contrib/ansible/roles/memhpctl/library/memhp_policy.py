#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ansible module: a file of the policy for new memory."""

from __future__ import annotations

DOCUMENTATION = r"""
module: memhp_policy
short_description: Manage a file of the policy for new memory
description:
  - Writes C(memhpctl.conf) or a drop-in, after C(memhpctl policy check) has accepted it; a file with an error never gets into place.
options:
  name:
    description: The name of a drop-in without C(.conf), or C(main) for C(memhpctl.conf).
    type: str
    default: main
  content:
    description: The text of the file. Needed unless the file is to be absent.
    type: str
  state:
    description: Should the file be there?
    type: str
    choices: [present, absent]
    default: present
  directory:
    description: Where C(memhpctl.conf) and C(memhpctl.d) are.
    type: path
    default: /etc
  executable:
    description: The program, if it is not in the path.
    type: path
    default: memhpctl
author: the memhpctl authors
"""

EXAMPLES = r"""
- name: DIMMs are to be movable
  memhp_policy:
    name: 50-dimm
    content: |
      [rule dimm]
      provider = acpi
      action = online_movable
"""

RETURN = r"""
path:
  description: The file.
  returned: always
  type: str
"""

import os
import re
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.memhpctl import ARGUMENTS, Memhpctl


def read(path: str) -> str | None:
    """The text of a file; None if there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None


def is_trusted(path: str) -> bool:
    """Memhpctl leaves a file out that others can write."""
    return not os.path.exists(path) or not os.stat(path).st_mode & 0o022


def write(module: AnsibleModule, path: str, content: str) -> None:
    """Put a file into place that memhpctl accepts."""
    memhpctl = Memhpctl(module)
    handle, name = tempfile.mkstemp(suffix=".conf", dir=module.tmpdir)
    with open(handle, "w", encoding="utf-8", newline="") as file:
        file.write(content)
    checked = memhpctl.run("policy", "check", name)
    if checked["exit_code"]:
        module.fail_json(msg=checked["error"]["message"].replace(name, path) if "error" in checked else "memhpctl refuses the file",
                         path=path)
    if module.check_mode:
        return
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    module.atomic_move(name, path)
    # Moving keeps the mode of the file before.
    os.chmod(path, 0o644)


def main() -> None:
    """Make the file what it should be."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "default": "main"},
            "content": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "directory": {"type": "path", "default": "/etc"},
            **ARGUMENTS,
        },
        required_if=[("state", "present", ["content"])],
        supports_check_mode=True)
    params = module.params
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", params["name"]):
        module.fail_json(msg=f"name: {params['name']}: letters, digits, '-', '_' and '.' make the name of a drop-in, with no '.' at its beginning")
    path = os.path.join(params["directory"], "memhpctl.conf" if params["name"] == "main" else f"memhpctl.d/{params['name']}.conf")
    before, after = read(path), params["content"] if params["state"] == "present" else None
    changed = before != after or (after is not None and not is_trusted(path))
    if changed and after is not None:
        write(module, path, after)
    elif changed and not module.check_mode:
        os.unlink(path)
    module.exit_json(changed=changed, path=path, diff={"before": before or "", "after": after or "", "before_header": path,
                                                               "after_header": path})


if __name__ == "__main__":
    main()
