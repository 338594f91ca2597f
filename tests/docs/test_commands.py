"""Every `storyfold ...` that the documentation shows can be typed as it stands."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from worker.cli.commands_page import command_tree

COMMANDS = command_tree()
GROUPS = {name.partition(" ")[0] for name in COMMANDS if " " in name}
SHELL = {"sh", "bash", "console", ""}
IN_CONTAINER = re.compile(r"^docker compose exec (?:-\S+ )*\w+ ")
NEW_CONTAINER = re.compile(r"^docker compose run (?:-\S+ )*\w+ (?=[a-z])")  # the image's entry point is storyfold
PLACEHOLDERS = {"...", "COMMAND"}
NEXT_COMMAND = re.compile(r"&&|\|\||[|;]")


def command_lines(text: str) -> list[str]:
    """The calls of storyfold in some shell lines, without prompts, remarks and redirections."""
    parts = [part.strip() for line in text.splitlines() for part in NEXT_COMMAND.split(line.removeprefix("$ "))]
    parts = [NEW_CONTAINER.sub("storyfold ", IN_CONTAINER.sub("", part)) for part in parts]
    calls = [re.split(r"\s[<>#]", part)[0].strip() for part in parts]
    return [call for call in calls if call == "storyfold" or call.startswith("storyfold ")]


def faults_of(call: str) -> list[str]:
    """What is wrong with a call; a group named alone is right in prose."""
    words = shlex.split(call)[1:]
    name = " ".join(words[:2]) if words and words[0] in GROUPS else " ".join(words[:1])
    if name in GROUPS | PLACEHOLDERS or not words or words in (["--version"], ["--help"]):
        return []
    if name not in COMMANDS:
        return [f"no command {name!r}"]
    return argument_faults(COMMANDS[name].params, words[len(name.split()) :])


def argument_faults(params: list[Any], words: list[str]) -> list[str]:
    """Options that do not exist or lack their value, and a wrong number of arguments."""
    options = {name: param for param in params if param.param_type_name == "option" for name in param.opts}
    faults, given, rest = [], 0, iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            given += 1
        elif word.partition("=")[0] not in options:
            faults.append(f"no option {word}")
        elif "=" not in word and not options[word].is_flag and next(rest, None) is None:
            faults.append(f"{word} wants a value")
    arguments = [param for param in params if param.param_type_name == "argument"]
    unbounded = any(param.nargs == -1 for param in arguments)
    if 0 < given < len([param for param in arguments if param.required]):
        faults.append("too few arguments")
    if given > len(arguments) and not unbounded:
        faults.append("too many arguments")
    return faults


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("storyfold nonsense", "no command 'nonsense'"),
        ("storyfold feeds nonsense", "no command 'feeds nonsense'"),
        ("storyfold consume --nonsense", "no option --nonsense"),
        ("storyfold consume --group", "--group wants a value"),
        ("storyfold demo now", "too many arguments"),
    ],
)
def test_wrong_calls_are_found(call: str, fault: str) -> None:
    """The check itself can fail."""
    assert faults_of(call) == [fault]


def test_every_call_in_a_block_exists(blocks: list[Any]) -> None:
    calls = [(block.page, call) for block in blocks if block.info in SHELL for call in command_lines(block.text)]
    assert len(calls) >= 12
    assert [(page, call, faults_of(call)) for page, call in calls if faults_of(call)] == []


def test_every_call_in_prose_exists(pages: list[Any]) -> None:
    calls = [(page.path.name, call) for page in pages for code in page.inline_code for call in command_lines(code)]
    assert len(calls) >= 30
    assert [(page, call, faults_of(call)) for page, call in calls if faults_of(call)] == []


def test_readme_begins_with_the_two_commands(readme: Any) -> None:
    """A newcomer copies the first two blocks: see it work, run the tests."""
    assert [block.text.strip() for block in readme.blocks[:2]] == [
        "pip install -e . && storyfold demo",
        "pip install -e '.[test]' && pytest",
    ]


def test_readme_names_every_command(readme: Any) -> None:
    """Groups by their name, single commands by theirs, in the table of commands."""
    shown = {code.split()[1] for code in readme.inline_code if code.startswith("storyfold ")}
    assert {name.partition(" ")[0] for name in COMMANDS} <= shown
