#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes programs that lie, each in one way, and sees that the lie detector catches them within the runs that CI makes.

usage: mutants.py BUILD [NAME...]: BUILD is the folder that the program was built in. A mutant is a few replacements in the sources; a text
that is not there exactly once fails, so that a mutant is not lost when the code moves.
"""

from __future__ import annotations

import pathlib
import shlex
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.dont_write_bytecode = True

from runner import Programs, find_programs, try_seeds  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parents[2]
BUDGET = 20000


class Edit(NamedTuple):
    """One replacement: the file below src/, what is there once, and what comes instead."""

    file: str
    old: str
    new: str


MUTANTS: dict[str, list[Edit]] = {
    "gone without a look": [Edit(
        "change/block-write.c", "outcome->cause = CAUSE_STILL_THERE;", "block_write_finish_lost(work, READ_GONE);")],
    "zone not read back": [Edit(
        "change/read-back.c", "outcome->zone_after = block_zone(&block);",
        "outcome->zone_after = step->zone_wanted ? step->zone_wanted : block_zone(&block);"), Edit(
        "change/read-back.c", "outcome->zone_after = zone;",
        "outcome->zone_after = zone == ZONE_UNKNOWN ? zone : ZONE_MOVABLE;")],
    "totals off by one": [Edit(
        "plan/outcome.c", "totals.count[outcome->result]++;", "totals.count[outcome->result] += 1 + (i == 4);")],
    "roll back forgets the zone": [
        Edit("change/execute.c", "plan_online_word(outcome->zone_before)", "\"online_kernel\""),
        Edit("plan/plan.c", "back->zone_wanted = plan.wanted == BLOCK_ONLINE || step->rezone ?\n\t\t\t\t\t    outcome->zone_before :",
             "back->zone_wanted = false ?\n\t\t\t\t\t    outcome->zone_before :")],
    "unknown is none": [Edit(
        "model/block.c", "return r == -ENODEV ? -ENOENT : r;", "return r == -ENODEV || r == -EACCES ? -ENOENT : r;")],
    "changed without reading back": [Edit(
        "change/block-write.c", "} else if (outcome->after == work->wanted) {\n\t\t/* After an error",
        "} else if (!result->error || outcome->after == work->wanted) {\n\t\t/* After an error"), Edit(
        "change/read-back.c", "if (result->error || block.state != wanted ||", "block.state = wanted;\n\tif (result->error ||")],
    "a dry run writes": [Edit(
        "command/session.c", "if (r >= 0 && !change_options.dry_run)\n\t\tr = session_execute", "if (r >= 0)\n\t\tr = session_execute")],
    "exit 0 for a part": [Edit(
        "plan/outcome.c", "return EXIT_PARTIAL;", "return EXIT_DONE;")],
    "skipped is already": [Edit(
        "change/execute.c", "outcome->result = OUTCOME_SKIPPED;", "outcome->result = OUTCOME_ALREADY;")],
    "roll back forgets a block": [Edit(
        "plan/plan.c", "for (size_t i = done->n_steps; i-- > 0;) {", "for (size_t i = done->n_steps; i-- > 1;) {")],
    "bytes_changed counts what was so": [Edit(
        "output/report.c", "output_json_uint(json, \"bytes_changed\",\n\t\t\t totals.count[OUTCOME_CHANGED]",
        "output_json_uint(json, \"bytes_changed\",\n\t\t\t (totals.count[OUTCOME_CHANGED] + totals.count[OUTCOME_ALREADY])")],
    "no deadline": [Edit(
        "system/run-limits.c", "limits->deadline_ns = clock_deadline_ns(limits->timeout_ms);",
        "limits->deadline_ns = clock_deadline_ns(limits->timeout_ms * 100);")],
    "the text says more than JSON": [Edit(
        "output/report.c", "output_text(\"%s: already %s%s (%s)\\n\"", "output_text(\"%s: %s%s (%s)\\n\"")],
    "what others did is ours": [Edit(
        "change/block-write.c", "result->error ? OUTCOME_ALREADY : OUTCOME_CHANGED", "OUTCOME_CHANGED")],
    "another block is the same": [Edit(
        "change/read-back.c", "if (step->inode && (block.inode != step->inode || block.fs_dev != step->fs_dev))", "if (false)"), Edit(
        "system/write-files.c", "if (!slot->inode || (st.st_ino == slot->inode && st.st_dev == slot->fs_dev))", "if (true)")],
    "another order": [Edit(
        "output/report.c", "outcomes->v[report->plan->steps[i].outcome].block);",
        "outcomes->v[report->plan->steps[report->plan->n_steps - 1 - i].outcome].block);")],
    "a filter is lost": [Edit(
        "model/filter.c", "if (filter->state != BLOCK_UNKNOWN && block->state != filter->state)", "if (false)")],
    "wait ends with the first block": [Edit(
        "command/command-wait.c", "return r < 0 ? r : !waiting->not_done.n", "return r < 0 ? r : waiting->done.n || !waiting->not_done.n")],
    "unknown is online": [Edit(
        "model/totals.c", "totals->by_state[block->state]++;",
        "totals->by_state[block->state == BLOCK_UNKNOWN ? BLOCK_ONLINE : block->state]++;")],
    "removed without a look": [Edit(
        "device/remove-device.c", "if (!ret->present &&\n\t\t    (!device->provider->is_removed ||",
        "if (true ||\n\t\t    (!device->provider->is_removed ||")],
    "try again later, for ever": [Edit(
        "plan/outcome.c", "if (totals->transient_failures == totals->failures)", "if (totals->failures)")],
    "nothing of a whole": [Edit(
        "plan/plan.c", "well = well && !outcome_is_failure(&plan->outcomes.v[i], plan->wanted);", "well = true;")],
    "an online zone is any": [Edit(
        "change/read-back.c", "return step->zone_wanted == ZONE_UNKNOWN || step->zone_wanted == zone;", "return true;")],
    "no last look": [Edit(
        "command/session.c", "if (!report.dry_run)\n\t\tlast_look", "if (false)\n\t\tlast_look")],
    "what cannot be read is online": [Edit(
        "model/block.c", "ret->read_error = error;", "ret->state = BLOCK_ONLINE;")],
    "an amount that is not reached": [Edit(
        "change/execute.c", "if (changed == plan->goal)\n\t\texecute_pass_over", "if (changed)\n\t\texecute_pass_over")],
    "settings are changed unsaid": [Edit(
        "command/command-policy.c", "report->knobs = work->request.n_words ? NULL : &work->knobs;", "report->knobs = NULL;")],
    "a node that cannot be read is none": [Edit(
        "provider/provider-dax.c", "device->node_is_hidden = r < 0 ?", "device->node_is_hidden = r < 0 ? false && ")],
    "before is after": [Edit(
        "output/report.c", "add_state(json, \"before\", outcome->before);", "add_state(json, \"before\", outcome->after);")],
}


def variable(build: pathlib.Path, name: str) -> list[str]:
    """The words of a variable of the Makefile."""
    done = subprocess.run(["make", "-s", "--no-print-directory", "-f", "-", "print"], cwd=build, check=True, capture_output=True, text=True,
                          input=f"include Makefile\nprint:\n\t@printf '%s' '$({name})'\n")
    return shlex.split(done.stdout)


def make_mutant(build: pathlib.Path, scratch: pathlib.Path, edits: list[Edit]) -> str | None:
    """Build one; only the files that are edited are compiled. Returns what is wrong."""
    sources: dict[str, str] = {}
    for edit in edits:
        text = sources.get(edit.file) or (TOP / "src" / edit.file).read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            return f"src/{edit.file} has {text.count(edit.old)} times: {edit.old}"
        sources[edit.file] = text.replace(edit.old, edit.new)
    objects = []
    for name, text in sources.items():
        source = scratch / pathlib.Path(name).name
        source.write_text(text, encoding="utf-8")
        objects.append(str(source.with_suffix(".o")))
        subprocess.run([*variable(build, "COMPILE"), "-w", "-Wno-error", "-c", "-o", objects[-1], str(source)], cwd=build, check=True)
    link = variable(build, "CCLD") + variable(build, "AM_CFLAGS") + variable(build, "CFLAGS") + variable(build, "AM_LDFLAGS")
    subprocess.run([*link, *variable(build, "LDFLAGS"), "-o", str(scratch / "memhpctl"), "src/main.o", *objects,
                    *variable(build, "memhpctl_LDADD"), *variable(build, "LIBS")], cwd=build, check=True)
    return None


def catch(programs: Programs, honest: Programs) -> tuple[int, str]:
    """How many runs it takes, and the lie that was caught; "" if none was. What the program itself lies about does not count."""
    runs = 0
    for verdict in try_seeds(programs, range(1, BUDGET + 1)):
        runs += 1
        if verdict.lies and not any(known.lies for known in try_seeds(honest, range(verdict.seed, verdict.seed + 1), 1)):
            return runs, f"seed {verdict.seed}: {verdict.lies[0]}"
    return runs, ""


def main() -> int:
    """Returns 0 when all were caught."""
    programs = find_programs()
    if not programs or len(sys.argv) < 2:
        print("usage: mutants.py BUILD [NAME...], with MEMHPCTL and FAKE_KERNEL_SO", file=sys.stderr)
        return 2
    build = pathlib.Path(sys.argv[1]).resolve()
    names = sys.argv[2:] or list(MUTANTS)
    missed = 0
    for name in names:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="memhpctl-mutant-") as folder:
            scratch = pathlib.Path(folder)
            wrong = make_mutant(build, scratch, MUTANTS[name])
            if wrong:
                missed += 1
                print(f"LOST    {name}: {wrong}", flush=True)
                continue
            runs, lie = catch(Programs(str(scratch / "memhpctl"), programs.preload), programs)
        missed += not lie
        print(f"{'caught ' if lie else 'MISSED '} {name}: {runs} runs, {time.monotonic() - began:.0f} s: {lie}"[:250], flush=True)
    print(f"{len(names) - missed} of {len(names)} mutants caught")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
