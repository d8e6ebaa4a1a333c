# SPDX-License-Identifier: GPL-2.0-or-later
"""What bash, zsh and fish offer for a command line, asked of the shells themselves."""

from __future__ import annotations

import itertools
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import ClassVar

DEADLINE = 60       # seconds for a shell to answer; it takes a fraction of one


class Shell:
    """A shell with the completion loaded. Raises FileNotFoundError where there is none."""

    name: ClassVar[str]

    def __init__(self, completions: Path, scratch: Path) -> None:
        if not shutil.which(self.name):
            raise FileNotFoundError(self.name)
        self.completions = completions
        self.scratch = scratch

    def __enter__(self) -> "Shell":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def ask(self, line: str) -> list[str]:
        """What the last word of a line may become, whole words."""
        raise NotImplementedError


class Fish(Shell):
    """fish can be asked without a terminal."""

    name = "fish"

    def ask(self, line: str) -> list[str]:
        done = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                               str(self.completions / "memhpctl.fish"), line],
                              check=True, capture_output=True, text=True, timeout=DEADLINE,
                              env={**os.environ, "HOME": str(self.scratch)})
        return [answer.partition("\t")[0] for answer in done.stdout.splitlines()]


class Terminal(Shell):
    """A shell that completes only on a terminal: keys go in, the list that it shows comes back."""

    arguments: ClassVar[list[str]]
    end: ClassVar[str] = "ENDMARK"     # what it shows when it is done with a command

    def __enter__(self) -> "Terminal":
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            environment = {"PATH": os.environ["PATH"], "HOME": str(self.scratch), "TERM": "dumb", "LC_ALL": "C"}
            os.execvpe(self.name, [self.name, *self.arguments], environment)
        self.tell(self.setup())
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.terminal)
        os.waitpid(self.pid, 0)

    def setup(self) -> str:
        """Commands that load the completion."""
        raise NotImplementedError

    def tell(self, command: str) -> str:
        """Run a command; returns what the terminal showed until its end."""
        # The mark is put together by the shell, so that the echo of the command does not have it.
        return self.keys(f"{command}; echo END''MARK\r", self.end)

    def keys(self, keys: str, until: str) -> str:
        """Type; returns what the terminal shows up to a text."""
        os.write(self.terminal, keys.encode())
        shown, end = "", time.monotonic() + DEADLINE
        while until not in shown:
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"{self.name} does not answer to {keys!r}: {shown!r}")
            shown += os.read(self.terminal, 65536).decode(errors="replace")
        return shown


class Zsh(Terminal):
    """zsh with its completion system; compadd is made to write down what it is given."""

    name = "zsh"
    arguments = ["-f", "-i"]

    def setup(self) -> str:
        self.answers = self.scratch / "zsh-answers"
        script = self.scratch / "setup.zsh"
        script.write_text(f"""
fpath=({self.completions} $fpath)
autoload -Uz compinit
compinit -u -D
unsetopt beep
compadd() {{
    local -a found
    builtin compadd -O found "$@"
    print -rl -- "$IPREFIX"$^found >>{self.answers}
    builtin compadd "$@"
}}
answered() {{ print -r -- DONE >>{self.answers} }}
asked() {{ zle list-choices; answered; BUFFER= }}
zle -N asked
bindkey '^T' asked
inserted() {{ zle complete-word; print -r -- "$BUFFER" >{self.answers}; answered; BUFFER= }}
zle -N inserted
bindkey '^G' inserted
""", encoding="utf-8")
        return f"source {script}"

    def ask(self, line: str) -> list[str]:
        return self.widget(line, "\x14")

    def insert(self, line: str) -> str:
        """What becomes of a line whose last word has one completion."""
        return self.widget(line, "\x07")[0].rstrip()

    def widget(self, line: str, key: str) -> list[str]:
        """Type a line and a key; returns the lines that its widget writes down."""
        self.answers.unlink(missing_ok=True)
        os.write(self.terminal, f"{line}{key}".encode())
        end = time.monotonic() + DEADLINE
        while not self.answers.exists() or "DONE\n" not in self.answers.read_text(encoding="utf-8"):
            if time.monotonic() > end:
                raise TimeoutError(f"zsh does not answer to {line!r}")
            if select.select([self.terminal], [], [], 0.01)[0]:
                os.read(self.terminal, 65536)
        return [answer for answer in self.answers.read_text(encoding="utf-8").splitlines()[:-1] if answer]


class Bash(Terminal):
    """bash: alt-? lists what fits without inserting it, only the part behind the last '=' or ':'."""

    name = "bash"
    arguments = ["--norc", "--noprofile", "-i"]
    # With the prompt: keys that come before it are the terminal's and not the line editor's.
    end = "ENDMARK\r\n> "

    def setup(self) -> str:
        script = self.scratch / "setup.bash"
        script.write_text(f"""
PS1='> '
stty cols 500
bind 'set completion-query-items 0' 'set page-completions off' 'set enable-bracketed-paste off' \
    'set completion-display-width 0' 'set completion-prefix-display-length 0'
source {self.completions / "memhpctl"}
""", encoding="utf-8")
        return f"source {script}"

    def ask(self, line: str) -> list[str]:
        # What follows the list ends it, also where there is none.
        shown = self.keys(f"{line}\x1b?\x15echo END''MARK\r", self.end).splitlines()[1:]
        listed = itertools.takewhile(lambda answer: not answer.startswith(("> ", "ENDMARK")), shown)
        lead = re.split(r"\s", line)[-1]
        lead = lead[:len(lead) - len(re.split("[=:]", lead)[-1])]
        return [lead + word.strip() for word in listed if word.strip()]


SHELLS = (Bash, Zsh, Fish)
