"""Completion in the shells themselves: the script that kconv gives is sourced and asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent

ASK = {
    "bash": """
        source ./script
        COMP_WORDS=(kconv {last}) COMP_CWORD=1
        _kconv_completion kconv
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        autoload -Uz compinit; compinit -u -d dump
        _describe() {{ print -l -- "${{(@P)4}}" }}
        _arguments() {{ [[ $1 == '*: :(('* ]] && print -r -- $1 }}
        source ./script
        words=(kconv {last}) CURRENT=2
        _kconv_completion
    """,
    "fish": """
        source ./script
        complete --do-complete='kconv {last}'
    """,
}
PRESENT = [shell for shell in ASK if shutil.which(shell)]


def scripts(tmp_path: Path, shell: str) -> dict[str, str]:
    """The environment of a shell that finds this `kconv`, with its completion in `script`."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    asked = {**environment, "_KCONV_COMPLETE": f"source_{shell}"}
    shown = subprocess.run([BIN / "kconv"], env=asked, capture_output=True, text=True, check=False)
    (tmp_path / "script").write_text(shown.stdout)
    return environment


@pytest.mark.parametrize("shell", PRESENT)
@pytest.mark.parametrize(("last", "offered", "not_offered"), [("mig", "migrate", "serve")])
def test_a_shell_completes(
    tmp_path: Path, shell: str, last: str, offered: str, not_offered: str
) -> None:
    environment = scripts(tmp_path, shell)
    command = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    ended = subprocess.run(
        [shell, *command, "-c", ASK[shell].format(last=last)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered in ended.stdout, ended.stdout + ended.stderr
    assert not_offered not in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("shell", list(ASK))
def test_the_answer_to_each_shell(tmp_path: Path, shell: str) -> None:
    """As the script of that shell asks, whether or not the shell is here."""
    asked = {
        "bash": {"COMP_WORDS": "kconv mig", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "kconv mig"},
        "fish": {"_TYPER_COMPLETE_ARGS": "kconv mig", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }[shell]
    environment = {**os.environ, "_KCONV_COMPLETE": f"complete_{shell}", **asked}
    ended = subprocess.run(
        [BIN / "kconv"], env=environment, capture_output=True, text=True, check=False
    )
    assert "migrate" in ended.stdout
    assert "serve" not in ended.stdout
    if shell in PRESENT:
        scripts(tmp_path, shell)
        check = [shell, "-n", "script"]
        subprocess.run(check, cwd=tmp_path, check=True, capture_output=True)
