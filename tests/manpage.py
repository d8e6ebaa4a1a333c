# SPDX-License-Identifier: GPL-2.0-or-later
"""The man page as a tree, read from mandoc's HTML."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path


def plain(text: str) -> str:
    """Text with single blanks."""
    return re.sub(r"\s+", " ", text).strip()


@dataclass
class Section:
    """A section or subsection."""

    title: str
    displays: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)     # term of a list: the first paragraph about it
    parts: dict[str, "Section"] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.top = Section("")
        self.section = self.part = self.top
        self.text = ""
        self.term = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = (dict(attrs).get("class") or "").split()
        if tag in ("h1", "h2", "dt", "dd") or "Bd" in kinds or "D1" in kinds:
            self.text = ""
        elif tag == "p":
            self._end_of_item()

    def handle_data(self, data: str) -> None:
        self.text += data

    def _end_of_item(self) -> None:
        if self.term:
            self.part.items[self.term] = plain(self.text)
            self.term = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self.section = self.part = self.top.parts[plain(self.text)] = Section(plain(self.text))
        elif tag == "h2":
            self.part = self.section.parts[plain(self.text)] = Section(plain(self.text))
        elif tag == "dt":
            self.term = plain(self.text)
        elif tag == "dd":
            self._end_of_item()
        elif tag == "div":
            self.part.displays.append(plain(self.text))
            self.text = ""


def read(path: Path) -> Section:
    """The page. Raises FileNotFoundError without mandoc."""
    html = subprocess.run(["mandoc", "-T", "html", "-O", "fragment", str(path)], check=True, capture_output=True, text=True).stdout
    reader = _Reader()
    reader.feed(html)
    return reader.top
