"""Documents that tests can fail: links resolve, commands exist, and nothing the code offers is missing from them."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from proxy import kinds
from proxy.values import ReasonCode
from tests import demo_folder

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
SHIPPED = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "docs/architecture.md", "docs/threat-model.md")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE_PATH = re.compile(r"`((?:proxy|tests|docs|deploy|policies|\.ci)/[\w./-]*)(?:::(\w+))?`")
SHELL = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.M | re.S)

PLACES = {
    "a path of a build machine": r"(?<![\w.])/(?:work|farm)/|bash_jobs|/tmp/v/",
    "the address of a package index": r"https?://(?:[\w.-]*\.)?(?:py" + r"pi\.org|python" + r"hosted\.org)|index-url=",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def shell_lines(path: Path) -> list[str]:
    blocks = SHELL.findall(path.read_text(encoding="utf-8"))
    joined = "\n".join(blocks).replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line and not line.startswith("#")]


@cache
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, timeout=60)
    return [ROOT / p for p in listed.stdout.decode().split("\0") if p and (ROOT / p).is_file()]


@cache
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / ".ci" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def command_tree() -> Any:
    typer_main = importlib.import_module("typer.main")
    return typer_main.get_command(importlib.import_module("proxy.cli").app)


# ------------------------------------------------------------------------------------------------------------- links
@pytest.mark.parametrize("name", SHIPPED)
def test_document_is_there(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_links_resolve(path: Path) -> None:
    broken = []
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"(https?|mailto):", target):
            continue
        file, _, anchor = target.partition("#")
        destination = (path.parent / file).resolve() if file else path
        if not destination.exists() or (anchor and anchor not in anchors(destination)):
            broken.append(target)
    assert not broken, broken


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    found = set()
    for heading in re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(plain.replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_files_and_tests_named_in_code_spans_exist(path: Path) -> None:
    missing = []
    for file, test in CODE_PATH.findall(path.read_text(encoding="utf-8")):
        if not any(t == ROOT / file or ROOT / file in t.parents for t in tracked()):
            missing.append(file)
        elif test and f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8"):
            missing.append(f"{file}::{test}")
    assert not missing, missing


def test_every_file_of_attacks_is_on_the_map() -> None:
    named = {file for file, _ in CODE_PATH.findall((ROOT / "docs/reference/attacks.md").read_text(encoding="utf-8"))}
    tried = {relative(path) for path in (ROOT / "tests" / "bypass").glob("test_*.py")}
    assert tried - named == set()


def test_every_claim_of_the_threat_model_names_a_test() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    holds = page.split("## What holds")[1].split("## What does not hold")[0]
    claims = [r for r in re.findall(r"^\| (.+) \|$", holds, re.M) if r != "claim | tests" and not r.startswith("--")]
    assert len(claims) > 20
    assert [c for c in claims if not re.search(r"\| `tests/[\w./]+(::\w+)?`", c)] == []


# ---------------------------------------------------------------------------------------------------------- commands
@pytest.mark.parametrize("path", DOCUMENTS, ids=relative)
def test_usher_commands_exist_with_their_options(path: Path) -> None:
    wrong = []
    for line in shell_lines(path):
        for part in re.split(r"&&|\||;", line):
            words = shlex.split(part, comments=True)
            if words and Path(words[0]).name == "usher":
                wrong += [f"{part.strip()}: {w}" for w in unknown_words(words[1:])]
    assert not wrong, wrong


def unknown_words(words: list[str]) -> list[str]:
    """Command words and options that the program does not have."""
    command = command_tree()
    options = option_names(command)
    rest = list(words)
    while rest and getattr(command, "commands", None):
        word = rest.pop(0)
        if word.startswith("-"):
            if word not in options:
                return [word]
            continue
        if word not in command.commands:
            return [word]
        command = command.commands[word]
        options |= option_names(command)
    return [w for w in rest if w.startswith("--") and w.split("=")[0] not in options]


def option_names(command: Any) -> set[str]:
    return {"--help"} | {o for p in command.params for o in [*p.opts, *p.secondary_opts]}


def test_readme_gives_the_two_commands() -> None:
    lines = shell_lines(ROOT / "README.md")
    assert "python3 -m venv .venv && .venv/bin/pip install -e '.[fast,ner]' && .venv/bin/usher demo" in lines
    assert ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest" in lines


def test_example_of_the_readme_is_true() -> None:
    [block] = re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    script = "\n".join(line[2:] for line in block.splitlines() if line.startswith(("$ ", "> ")))
    told = [line for line in block.splitlines() if not line.startswith(("$ ", "> "))]
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "USHER_CONFIG": str(demo_folder.built() / "usher.yaml"),
        "COLUMNS": "110",
    }
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=110, check=True
    )
    shown = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
    assert without_ids(shown) == without_ids(told)


def without_ids(lines: list[str]) -> list[str]:
    return [re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", line) for line in lines]


def test_extras_named_in_documents_exist() -> None:
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    named = {
        extra
        for path in DOCUMENTS
        for group in re.findall(r"pip install [^\n]*'[^'\[]*\[([\w,]+)\]'", path.read_text(encoding="utf-8"))
        for extra in group.split(",")
    }
    assert named <= extras


# --------------------------------------------------------------------------------------------------------- reference
@pytest.mark.parametrize("page", ["errors.md", "kinds.md", "settings.md", "commands.md"])
def test_reference_says_what_the_code_says(page: str) -> None:
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == reference().PAGES[page](), "run: python .ci/reference.py"


def test_every_reason_code_is_explained_once() -> None:
    page = (ROOT / "docs" / "reference" / "reasons.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| [^|]+ \|$", page, re.M)
    assert len(told) == len(set(told))
    assert set(told) == {c.value for c in ReasonCode}


def test_every_kind_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "kinds.md").read_text(encoding="utf-8")
    for folder in ("masks", "warehouses", "doors", "audit.sinks"):
        for name in kinds.names(folder):
            assert f"### `{name}`\n" in page


def test_usher_yaml_in_documents_is_valid_settings(tmp_path: Path) -> None:
    settings = importlib.import_module("proxy.settings")
    shown = [*usher_yaml_blocks(), ("deploy/usher.yaml", (ROOT / "deploy" / "usher.yaml").read_text(encoding="utf-8"))]
    assert len(shown) >= 2, "README shows no usher.yaml"
    for where, text in shown:
        file = tmp_path / "usher.yaml"
        file.write_text(text, encoding="utf-8")
        environment = dict.fromkeys(re.findall(r"env:(\w+)", text), "0" * 64)
        for name in re.findall(r"file:([\w.-]+)", text):
            (tmp_path / name).write_text("0" * 64)
        loaded = settings.load(file, environment=environment)
        assert loaded.warehouses, where


def usher_yaml_blocks() -> list[tuple[str, str]]:
    found = []
    for path in DOCUMENTS:
        for block in re.findall(r"^```yaml\n(# usher\.yaml.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
            found.append((relative(path), block))
    return found


def test_yaml_in_documents_parses() -> None:
    for path in DOCUMENTS:
        for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
            assert yaml.safe_load(block) is not None, relative(path)


# ----------------------------------------------------------------------------------------------------------- the ADRs
def test_decisions_are_numbered_and_dated() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [p.name[:4] for p in pages] == [f"{i:04d}" for i in range(len(pages))]
    for page in pages[1:]:
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {page.name[:4]}. ")
        assert re.search(r"^Date: \d{4}-\d\d-\d\d\. Status: (proposed|accepted|replaced by \d{4})\.$", text, re.M)
        for part in ("Context", "Decision", "Not chosen", "Consequences", "Revisited"):
            assert f"**{part}.**" in text, f"{page.name} lacks {part}"


# ------------------------------------------------------------------------------------------------------------ deploy
def test_image_copies_what_exists() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [w for line in re.findall(r"^COPY (?!--)(.+)$", text, re.M) for w in line.split()[:-1]]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, f"{source} is kept out of the build"
    assert re.search(r"^USER \d+", text, re.M), "the image must not run as root"


def test_compose_file_uses_the_image_and_stays_on_loopback() -> None:
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for service in services.values():
        assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(p.startswith("127.0.0.1:") for p in service["ports"])
        assert unknown_words(service["command"]) == []


# -------------------------------------------------------------------------------------------------- what is not there
@pytest.mark.parametrize("what", PLACES)
def test_the_repository_names_no_place_it_should_not(what: str) -> None:
    pattern = re.compile(PLACES[what])
    found = []
    for path in tracked():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{relative(path)}:{number}: {line.strip()[:120]}")
    assert not found, found


def test_locks_are_pinned_by_hash_and_agree() -> None:
    pins = {}
    for name in ("requirements", "runtime", "build"):
        text = (ROOT / "deploy" / f"{name}.lock").read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.split(r"^(?=\S)", text, flags=re.M)[1:]
        assert all("--hash=sha256:" in e for e in entries)
        pins[name] = {e.split(" \\")[0].strip() for e in entries}
    assert pins["runtime"] <= pins["requirements"]
    assert pins["build"] <= pins["requirements"]


def test_locks_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = set(re.findall(r"^([\w.-]+)==", (ROOT / "deploy" / "runtime.lock").read_text(), re.M))
    everything = set(re.findall(r"^([\w.-]+)==", (ROOT / "deploy" / "requirements.lock").read_text(), re.M))
    asked = {distribution(d) for d in project["dependencies"]}
    developing = {distribution(d) for d in project["optional-dependencies"]["dev"]} - {"sqlusher"}
    assert asked <= runtime, "run: .ci/lock"
    assert developing <= everything, "run: .ci/lock"


def distribution(requirement: str) -> str:
    return re.split(r"[\[><=~!; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_licence_is_apache_2_0_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    for section in range(1, 10):
        assert re.search(rf"^   {section}\. [A-Z]", text, re.M), f"section {section} is missing"
    assert "END OF TERMS AND CONDITIONS" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text


def test_check_command_is_valid_and_refuses_unknown_checks() -> None:
    script = ROOT / ".ci" / "run"
    subprocess.run(["bash", "-n", str(script)], check=True, timeout=30)
    done = subprocess.run([str(script), "nonsense"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "There is no check nonsense" in done.stderr


def test_reference_check_passes_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, ".ci/reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
