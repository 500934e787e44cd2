"""The completion of shells: click's, with `--option=value`, and with values that have commas."""

from __future__ import annotations

import os

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ShellComplete, ZshComplete, add_completion_class, shell_complete

from .settings import COMPLETE

__all__ = ["SHELLS", "complete", "script"]

NAME = "tmdbkit"


class _Bash(BashComplete):
    def get_completion_args(self) -> tuple[list[str], str]:
        """Bash makes three words of `--sort=value`, of which click expects the first and the last."""
        words, current = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
        if "=" in words[:current]:
            before = [word for word in words[:current] if word != "="]
            os.environ.update(COMP_WORDS="\n".join([*before, *words[current:]]), COMP_CWORD=str(len(before)))
        return super().get_completion_args()


class _WithNames(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """These shells have `--sort=value` as one word, in which click leaves out the name."""
        name, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        for item in found if equals and name.startswith("--") else ():
            item.value = f"{name}={item.value}"
        return found


class _Zsh(_WithNames, ZshComplete):
    pass


class _Fish(_WithNames, FishComplete):
    def source(self) -> str:
        """Click's script ends a value at its first comma."""
        return super().source().replace('split ","', 'split --max 1 ","')


SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


def script(program: click.Command, shell: str) -> str:
    """The script that a shell runs, and that asks for completions."""
    return SHELLS[shell](program, {}, NAME, COMPLETE).source()


def complete(program: click.Command, instruction: str) -> int:
    """Print what a shell is offered.

    Args:
        program: The program.
        instruction: What the script asks for, such as `bash_complete`.
    """
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)
    return shell_complete(program, {}, NAME, COMPLETE, instruction)
