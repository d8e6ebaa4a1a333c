# SPDX-License-Identifier: GPL-2.0-or-later
"""apt with package lists of its own: for another suite or architecture than the system's, without root."""

import re
import shlex
from pathlib import Path

from command import run
from kernel import LabUnavailable

ALIASES = ("oldstable", "stable", "testing", "unstable", "sid")
# Suites without companions for updates and security.
LONE_SUITES = ("unstable", "sid", "experimental")


def system_codename() -> str:
    """The name of the suite that this system runs, from os-release."""
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    return "sid"


def complaint(errors: str) -> str:
    """The first error of apt, else its first warning, else nothing."""
    lines = sorted(line for line in errors.splitlines() if re.match("[EW]: ", line))
    return lines[0][3:].strip() if lines else ""


def private_apt(scratch: Path, suite: str, codename: str, kinds: tuple[str, ...] = ("deb",)) -> Path:
    """Write an apt configuration with lists, state and sources of its own in `scratch`; return its file.

    `kinds` is what the sources offer: "deb", "deb-src".
    """
    parts = scratch / "sources"
    for folder in (parts, scratch / "state/lists/partial", scratch / "cache/archives/partial"):
        folder.mkdir(parents=True)
    (scratch / "status").touch()
    for name, text in private_sources(suite, codename, kinds).items():
        (parts / name).write_text(text, encoding="utf-8")
    configuration = scratch / "apt.conf"
    configuration.write_text(f"""
Dir::State "{scratch}/state";
Dir::State::status "{scratch}/status";
Dir::Cache "{scratch}/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{parts}";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
""", encoding="utf-8")
    return configuration


def private_sources(suite: str, codename: str, kinds: tuple[str, ...] = ("deb",)) -> dict[str, str]:
    """The system's sources of packages with `suite` in place of `codename`: the contents of files, by name.

    Raises LabUnavailable when the system has none of its own suite.
    """
    names = {codename, *ALIASES}
    found: dict[str, str] = {}
    for source in system_sources():
        text = source.read_text(encoding="utf-8")
        kind = source.suffix.removeprefix(".")
        text = renamed_deb822(text, names, suite, kinds) if kind == "sources" else renamed_list(text, names, suite, kinds)
        if text:
            found[f"{len(found) + 1}.{kind}"] = text
    if not found:
        raise LabUnavailable(f"no source of apt offers {codename}, so there is none to take {suite} from")
    return found


def mirror_of(sources: dict[str, str]) -> str:
    """The first address in sources that private_sources() returned."""
    return re.search(r"[a-z]+://\S+", "".join(sources.values()))[0]


def system_sources() -> list[Path]:
    """The files in which the system lists its sources of packages."""
    shell = run(["apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"])
    values = dict(word.split("=", 1) for word in shlex.split(shell.stdout))
    parts = Path(values["PARTS"])
    found = [Path(values["LIST"])] + sorted(parts.glob("*.list")) + sorted(parts.glob("*.sources"))
    return [path for path in found if path.is_file()]


def renamed_suite(name: str, names: set[str], suite: str) -> str | None:
    """The counterpart in `suite` of the suite `name` of the system; None when it has none."""
    base, dash, addition = name.partition("-")
    if base not in names or addition not in ("", "updates", "security"):
        return None
    if addition and (suite in LONE_SUITES or "-" in suite):
        return None
    return suite + dash + addition


def renamed_list(text: str, names: set[str], suite: str, kinds: tuple[str, ...]) -> str:
    """The one-line entries of `text` that offer main of this system's suites, with the suite's name new."""
    entries = []
    for line in text.splitlines():
        entry = re.match(r"\s*deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
        if not entry or "main" not in entry[4].partition("#")[0].split():
            continue
        if new := renamed_suite(entry[3], names, suite):
            entries += [f"{kind} {entry[1] or ''}{entry[2]} {new} main\n" for kind in kinds]
    return "".join(entries)


def renamed_deb822(text: str, names: set[str], suite: str, kinds: tuple[str, ...]) -> str:
    """The stanzas of `text` that offer main of this system's suites, with the suite's name new."""
    stanzas = []
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if line.strip() and not line.startswith("#")]
        fields = re.findall(r"^(\S+?):[ \t]*(.*(?:\n[ \t].*)*)", "\n".join(lines), re.MULTILINE)
        values = {key.lower(): value for key, value in fields}
        if "deb" not in values.get("types", "").split() or "main" not in values.get("components", "").split():
            continue
        if values.get("enabled", "yes").lower() in ("no", "false", "without", "off", "disable"):
            continue
        renamed = [renamed_suite(name, names, suite) for name in values.get("suites", "").split()]
        suites = [name for name in renamed if name]
        if not suites:
            continue
        values |= {"types": " ".join(kinds), "components": "main", "suites": " ".join(suites)}
        stanzas.append("".join(f"{key.title()}: {value}\n" for key, value in values.items()))
    return "\n".join(stanzas)
