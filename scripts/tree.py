#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: tree.py [dir|series|summary]

Unpack the kernel, convert it as the files of series/ say, write the patches, and print:
  dir      the directory of the work, build/linux-VERSION.PATCHLEVEL, doing nothing
  series   nothing more
  summary  a table of the parts of the series (the default)

In that directory, tree/ is a git work tree: tag base is the untouched source, HEAD the converted one; series/
holds the patches.  Without KSRC in the environment the source is Debian's linux-source package; KSRC=dir
names another kernel, plain or git (its HEAD is taken), which is only ever read.
"""
import contextlib
import copy
import email
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import edit

REPO = Path(__file__).resolve().parent.parent
DEBIAN = "6.12"
TARBALL = Path(f"/usr/src/linux-source-{DEBIAN}.tar.xz")
BRANCH = "io-bus"
# What a kernel tree still has of the old interface where the series has not been.
OLD_API = r"\bkvm_(iodevice_(init|read|write)|io_device_ops|io_bus_((un)?register_dev|get_dev|write_cookie))\b"
OLD_API_ITSELF = [":!include/kvm", ":!include/linux/kvm_host.h", ":!virt/kvm/iodev.c", ":!virt/kvm/tests"]
# The header that goes, and in a Rule: the files that include it.
OLD_HEADER = "<kvm/iodev.h>"
# Where its users are.
DIRECTORIES = ("arch", "drivers", "include", "virt")
# The patch that removes the old interface. Without it nothing need be complete.
REMOVAL = "50-remove-iodev"
# The release of Linux 6.12: the date of the patches where this repository has no commit.
NO_DATE = "1731870720"
PLACEHOLDER = ("Your Name", "you@example.com")


class Error(Exception):
    pass


# ---- processes

def environment():
    """Without what would let a user's settings change a patch or a rule's result."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    env.update(LC_ALL="C", TZ="UTC", PYTHONHASHSEED="0", XDG_CONFIG_HOME="/dev/null",
               GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1", GIT_ATTR_NOSYSTEM="1",
               GIT_TEMPLATE_DIR="", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0",
               # The owner of a tree that is only read does not matter.
               GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
    return env


ENV = environment()


def run(*command, cwd=None, env=None, stdin=None):
    """The output of a command; an Error with what it says if it fails."""
    if os.environ.get("V"):
        print("+", shlex.join(command), flush=True)
    done = subprocess.run(command, cwd=cwd, env={**ENV, **(env or {})}, input=stdin, text=True,
                          errors="surrogateescape", capture_output=True)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines()
        if len(words) > 10:
            words = [*words[:5], "...", *words[-5:]]
        raise Error(f"{shlex.join(command[:2])}: exit {done.returncode}: " + "\n  ".join(words))
    return done


class Git:
    def __init__(self, directory, **env):
        self.directory, self.env = directory, env

    def __call__(self, *command, stdin=None):
        return run("git", *command, cwd=self.directory, env=self.env, stdin=stdin).stdout


class Steps:
    """Says which step of how many runs, on what, and how long it took; names it when it fails."""

    def __init__(self, total):
        self.number, self.total = 0, total

    @contextlib.contextmanager
    def __call__(self, what):
        self.number += 1
        print(f"[{self.number:2}/{self.total}] {what} ", end="", flush=True)
        start = time.monotonic()
        try:
            yield
        except BaseException as error:
            print(flush=True)
            if isinstance(error, KeyboardInterrupt):
                raise Error(f"{what}: interrupted; the next run continues") from None
            if isinstance(error, (OSError, Error, edit.EditError)):
                raise Error(f"{what}: {error}") from None
            raise
        print(f"{time.monotonic() - start:.1f} s", flush=True)


# ---- the source

def debian_version():
    try:
        return run("dpkg-query", "-W", "-f=${Version}", f"linux-source-{DEBIAN}").stdout
    except (Error, FileNotFoundError):
        return "of unknown version"


class Source:
    """Where the kernel comes from: self.name, self.key (changes when the content does), self.unpack()."""

    def __init__(self, ksrc):
        if not ksrc:
            if not TARBALL.exists():
                raise Error(f"{TARBALL} is missing: install the package linux-source-{DEBIAN}")
            stat = TARBALL.stat()
            self.directory, self.name = None, f"linux-{DEBIAN}"
            self.what = f"Debian's linux-source-{DEBIAN} {debian_version()}"
            self.key = f"{self.what} {stat.st_size} {stat.st_mtime_ns}"
            return
        self.directory = Path(ksrc).resolve()
        if not self.directory.is_dir():
            raise Error(f"KSRC={ksrc}: no such directory")
        self.git = Git(self.directory) if (self.directory / ".git").exists() else None
        makefile = self.read("Makefile") or ""
        version = dict(re.findall(r"^(VERSION|PATCHLEVEL) = (\d+)$", makefile, re.M))
        if len(version) != 2 or self.read("Kbuild") is None:
            raise Error(f"KSRC={ksrc}: not a Linux kernel source tree")
        if self.read("virt/kvm/kvm_main.c") is None:
            raise Error(f"KSRC={ksrc}: a kernel without KVM: no virt/kvm/kvm_main.c")
        if self.read("include/kvm/io_bus.h") is not None:
            raise Error(f"KSRC={ksrc}: is converted already: it has include/kvm/io_bus.h")
        version = f"{version['VERSION']}.{version['PATCHLEVEL']}"
        # Debian's own keeps its directory.
        self.name = f"linux-{version}" + ("-ksrc" if version == DEBIAN else "")
        self.what = None
        self.key = f"KSRC {self.state()}"

    def read(self, path):
        """The text of a file of KSRC, or None."""
        try:
            if self.git:
                return self.git("show", f"HEAD:{path}")
            return (self.directory / path).read_text(encoding="utf-8", errors="surrogateescape")
        except (Error, OSError):
            return None

    def state(self):
        if self.git:
            return self.git("rev-parse", "HEAD^{tree}").strip()
        state = hashlib.sha256()
        for top, directories, files in os.walk(self.directory):
            directories.sort()
            for name in sorted(files):
                stat = os.lstat(os.path.join(top, name))
                state.update(f"{top}/{name} {stat.st_size} {stat.st_mtime_ns}\n".encode(errors="surrogateescape"))
        return state.hexdigest()

    # What a build leaves in a plain tree; kbuild refuses to build outside a source tree that has it.
    BUILT = [".git", ".config*", "*.o", "*.a", "*.ko", "*.cmd", "vmlinux*", "include/config", "include/generated",
             "arch/*/include/generated"]

    def unpack(self, target):
        if self.directory is None:
            command = f"tar -x --strip-components=1 -C {shlex.quote(str(target))} -f {shlex.quote(str(TARBALL))}"
        else:
            source = shlex.quote(str(self.directory))
            if self.git:
                command = f"git -C {source} archive HEAD"
            else:
                exclude = " ".join("--exclude=" + shlex.quote(f"./{name}" if "/" in name else name)
                                   for name in self.BUILT)
                command = f"tar -c -C {source} {exclude} ."
            command += f" | tar -x -C {shlex.quote(str(target))}"
        run("bash", "-c", f"set -o pipefail; {command}")


# ---- the files of series/

class Patch:
    """One file of series/: a header, the message, and what to do."""
    HEADERS = {"subject", "part", "rule", "new", "edit", "delete"}

    def __init__(self, path):
        self.name = path.name
        message = email.message_from_string(path.read_text(encoding="utf-8"))
        wrong = sorted({key.lower() for key in message.keys()} - self.HEADERS)
        if wrong or message.defects or "subject" not in message:
            raise Error(f"series/{self.name}: the header needs a Subject: and may have Part:, New:, Edit:, Delete:, Rule:"
                        + "".join(f"; what is {key}:?" for key in wrong))
        self.subject = " ".join(message["subject"].split())
        self.part = message["part"] or self.subject.rpartition(": ")[0]
        self.body = message.get_payload().strip("\n")
        self.new = [name for line in message.get_all("new", []) for word in line.split() for name in expand(word)]
        self.edits = [name for line in message.get_all("edit", []) for name in line.split()]
        self.deleted = [name for line in message.get_all("delete", []) for name in line.split()]
        self.rules = [(words[0], words[1:]) for words in map(str.split, message.get_all("rule", []))]
        for rule, files in self.rules:
            if not files:
                raise Error(f"series/{self.name}: Rule: {rule} names no file")
        self.further = any(files == ["*"] for _, files in self.rules)
        for name in self.new + [rule for rule, _ in self.rules]:
            if not (REPO / name).is_file():
                raise Error(f"series/{self.name}: {name}: no such file in {REPO}")

    def inputs(self):
        return [f"series/{self.name}", *self.new, *(rule for rule, _ in self.rules)]

    def commands(self):
        return "\n".join(" \\\n".join(textwrap.wrap(
            shlex.join(spatch(rule, rule, files)), 72, initial_indent="  ", subsequent_indent="    ",
            break_long_words=False, break_on_hyphens=False)) for rule, files in self.rules)

    def message(self, identity):
        paragraphs = self.body.split("\n\n")
        trailers = []
        if all(re.match(r"[A-Z][a-z]+(-[a-z]+)*: ", line) for line in paragraphs[-1].split("\n")):
            trailers = [paragraphs.pop()]
        if self.rules:
            paragraphs.append("Generated by:\n" + self.commands())
        edits = [name for name in self.edits if name.endswith((".c", ".h"))]
        if edits:
            paragraphs.append("Edited without a rule:\n" + "\n".join(f"  {name}" for name in edits))
        trailers.append("Signed-off-by: {} <{}>".format(*identity))
        return "\n\n".join([self.subject, *filter(None, paragraphs), "\n".join(trailers)]) + "\n"


def expand(name):
    """The files of this repository that a pattern names."""
    return sorted(str(path.relative_to(REPO)) for path in REPO.glob(name)) if "*" in name else [name]


def landing(name):
    """The path in the kernel of a file of this repository."""
    return re.sub(r"^kunit/", "virt/kvm/tests/", name)


def spatch(path, rule, files):
    """The command of a rule, which is at path, with the options that it names itself, as for coccicheck."""
    options = re.search(r"^// Options: *(.*)$", (REPO / rule).read_text(encoding="utf-8"), re.M)
    return ["spatch", "--very-quiet", "-D", "patch", *(options.group(1).split() if options else []),
            "--in-place", "--sp-file", str(path), *files]


def read_series():
    return [Patch(path) for path in sorted((REPO / "series").glob("[0-9][0-9]-*")) if path.name[:2] != "00"]


# ---- the work

def identity():
    """Name and address of the user, as git knows them for this repository."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith("GIT_CONFIG")}
    found = []
    for key in ("user.name", "user.email"):
        done = subprocess.run(["git", "config", key], cwd=REPO, env=env, text=True, capture_output=True)
        if done.returncode not in (0, 1):   # 1: not set
            raise Error(f"git config {key}: {done.stderr.strip()}")
        found.append(done.stdout.strip())
    return tuple(found) if all(found) else PLACEHOLDER


def date():
    """SOURCE_DATE_EPOCH, or else the last commit of this repository: so a revision has one series."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        if not given.isdigit():
            raise Error(f"SOURCE_DATE_EPOCH={given}: not a number of seconds")
        return given
    try:
        return Git(REPO)("log", "-1", "--format=%ct").strip() or NO_DATE
    except Error:
        return NO_DATE


class Work:
    def __init__(self):
        self.source = Source(os.environ.get("KSRC"))
        self.directory = REPO / "build" / self.source.name
        self.tree = self.directory / "tree"
        self.series = self.directory / "series"
        self.stamp = self.directory / "stamp"
        self.identity = identity()
        self.date = date()
        self.git = Git(self.tree, GIT_AUTHOR_NAME=self.identity[0], GIT_AUTHOR_EMAIL=self.identity[1],
                       GIT_COMMITTER_NAME=self.identity[0], GIT_COMMITTER_EMAIL=self.identity[1],
                       GIT_AUTHOR_DATE=f"@{self.date} +0000", GIT_COMMITTER_DATE=f"@{self.date} +0000",
                       # Until tree/ is a repository, the one around it must not be taken for it.
                       GIT_CEILING_DIRECTORIES=str(self.directory))

    def imported(self):
        try:
            return self.git("log", "-1", "--format=%b", "base", "--").strip() == self.source.key
        except (Error, OSError):
            return False

    def convert(self):
        """Bring tree/ and series/ up to date."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"waiting for another run in {self.directory}", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            patches = read_series()
            imported = self.imported()
            if imported and self.up_to_date(patches):
                return
            if self.identity == PLACEHOLDER:
                print("warning: git knows no user.name and user.email: the patches are from "
                      "{} <{}>".format(*PLACEHOLDER), file=sys.stderr, flush=True)
            self.stamp.unlink(missing_ok=True)
            step = Steps((0 if imported else 2) + len(patches) + 1)
            if not imported:
                self.unpack(step)
            self.reset()
            left = []
            for patch in patches:
                with step(patch.name):
                    if patch.further:
                        if REMOVAL in [other.name for other in patches]:
                            left = self.convert_further(patch)
                    elif patch.name != REMOVAL:
                        self.apply(patch)
                    elif users := self.users():
                        # What is still in use stays, so that the tree builds.
                        left += users
                    else:
                        self.apply(self.with_includers(patch))
                        left += self.users(OLD_API + r"|\bkvm/iodev\.h\b", itself=[])
            with step("write the series"):
                self.write_series(patches)
            if left:
                raise Error("users of the old interface are left:\n  " + "\n  ".join(left))
            self.stamp.write_text(self.state(patches))

    def state(self, patches):
        """What the result was made of, and the result."""
        inputs = hashlib.sha256()
        names = {"scripts/tree.py", "scripts/edit.py", "series/00-cover-letter"}
        for name in sorted(names.union(*(patch.inputs() for patch in patches))):
            content = (REPO / name).read_bytes() if (REPO / name).exists() else b""
            inputs.update(f"{name} {len(content)}\n".encode() + content)
        inputs.update(run("spatch", "--version").stdout.encode() + run("git", "--version").stdout.encode())
        return "\n".join([inputs.hexdigest(), *self.identity, self.date, revision(), self.git("rev-parse", "HEAD")])

    def up_to_date(self, patches):
        return self.stamp.exists() and self.series.is_dir() and self.stamp.read_text() == self.state(patches)

    def unpack(self, step):
        """Make tree/.  It is complete when it has the tag, which comes last; and no part of an old one may have it."""
        old = self.directory / "tree.old"
        if old.exists():
            shutil.rmtree(old)
        if self.tree.exists():
            self.tree.rename(old)
            shutil.rmtree(old)
        self.tree.mkdir()
        with step(f"unpack {self.source.directory or TARBALL}"):
            self.source.unpack(self.tree)
        with step("commit it as tag base"):
            makefile = (self.tree / "Makefile").read_text(encoding="utf-8")
            version = ".".join(re.findall(r"^(?:VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)$", makefile, re.M))
            git = Git(self.tree, **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
                                    (("NAME", "base"), ("EMAIL", ""), ("DATE", f"@{NO_DATE} +0000"))})
            git("init", "-q", "-b", BRANCH)
            # gc would run in the background, under the next step.
            git("config", "gc.auto", "0")
            git("add", "-A", "-f")
            git("commit", "-q", "-m", f"Linux {version}\n\n{self.source.key}")
            git("tag", "base")

    def reset(self):
        # This run holds the lock, so a lock of git in this work tree is one that an interrupted run left.
        for left in [*self.tree.glob(".git/*.lock"), *self.tree.glob(".git/refs/**/*.lock")]:
            left.unlink()
        self.git("checkout", "-q", "-f", "-B", BRANCH, "base")
        self.git("clean", "-q", "-f", "-d", "-x")

    def apply(self, patch):
        for name in patch.new:
            target = self.tree / landing(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPO / name, target)
        for name in patch.deleted:
            (self.tree / name).unlink()
        changed = [landing(name) for name in patch.new] + [edit.target(name) for name in patch.edits] + patch.deleted
        for rule, files in patch.rules:
            changed += files
            self.run_rule(rule, files)
        for name in patch.edits:
            edit.apply(self.tree, name)
        self.git("add", "-f", "--", *changed)
        if not self.git("diff", "--cached", "--name-only"):
            raise Error("the patch is empty")
        self.git("commit", "-q", "--cleanup=verbatim", "-F", "-", stdin=patch.message(self.identity))
        other = self.git("status", "--porcelain").splitlines()
        if other:
            raise Error("changes what the patch does not name: " + ", ".join(other))

    def convert_further(self, patch):
        """Convert the users that are left, as far as the rules can; what they refuse."""
        made, refused = copy.copy(patch), []
        made.rules = []
        groups = self.groups(self.old_api(["arch", "drivers", "virt"]))
        for files in groups:
            changing, why = [], []
            for rule, _ in patch.rules:
                changed, bad = self.try_rule(rule, files)
                why = bad or why    # the last rule is the most general one
                changing += [(rule, files)] if changed else []
            if self.old_api(files) or [line for line in why if line.startswith("left:")]:
                refused += why
            else:
                made.rules += changing
        if groups:
            self.git("checkout", "-q", "--", ".")
        if made.rules:
            self.apply(made)
        return refused

    def with_includers(self, patch):
        """The patch, with the names of the files that include the old header in its rules."""
        made = copy.copy(patch)
        found = [name for name in self.grep("-l", "-F", f"#include {OLD_HEADER}", "--", *DIRECTORIES)
                 if name not in patch.deleted]
        made.rules = [(rule, [other for name in files for other in (found if name == OLD_HEADER else [name])])
                      for rule, files in patch.rules]
        return made

    def groups(self, names):
        """The users, each with the headers that define its objects; those that share one are together."""
        groups = []
        for name in sorted(names):
            group = {name}
            arch = "/".join(name.split("/")[:2])
            for quote, header in re.findall(r'^#include (["<])([^">]+)[">]', self.text(name), re.M):
                places = [f"{arch}/include", "include"] if quote == "<" else [os.path.dirname(name)]
                for path in (os.path.normpath(f"{place}/{header}") for place in places):
                    if re.search(r"\bstruct kvm_io_device \w+(\[\w+\])?;", self.text(path)):
                        group.add(path)
            for other in [other for other in groups if other & group]:
                group |= other
                groups.remove(other)
            groups.append(group)
        return [sorted(group) for group in groups]

    def text(self, name):
        path = self.tree / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def run_rule(self, rule, files):
        changed, bad = self.try_rule(rule, files)
        if bad:
            raise Error(f"{rule}:" + "".join(f"\n  {line}" for line in bad))
        if not changed:
            raise Error(f"{rule} changes nothing in {' '.join(files)}")

    def try_rule(self, rule, files):
        """Whether it changes anything, and what it refuses."""
        missing = [name for name in files if not (self.tree / name).is_file()]
        if missing:
            raise Error(f"{rule}: no such file in the tree: {' '.join(missing)}")
        before = [(self.tree / name).read_bytes() for name in files]
        done = run(*spatch(REPO / rule, rule, files), cwd=self.tree)
        # spatch itself goes on after an exception and exits with 0.
        bad = [line for line in done.stdout.splitlines() if line.startswith(("refused:", "left:"))]
        bad += [line for line in done.stderr.splitlines() if re.search(r"\bexn\b|exception", line, re.I)]
        return [(self.tree / name).read_bytes() for name in files] != before, bad

    # ---- the result

    def write_series(self, patches):
        fresh, old = self.directory / "series.tmp", self.directory / "series.old"
        for left in (fresh, old):
            if left.exists():
                shutil.rmtree(left)
        fresh.mkdir()
        if patches:
            self.git("-c", f"branch.{BRANCH}.description={self.cover_letter(patches)}", "format-patch", "-q",
                     "--cover-letter", "--cover-from-description=subject", "--numbered", "--abbrev=12",
                     "--zero-commit", "--no-signature", "-o", str(fresh), f"base..{BRANCH}")
        if self.series.exists():
            self.series.rename(old)
        fresh.rename(self.series)
        shutil.rmtree(old, ignore_errors=True)

    def cover_letter(self, patches):
        values = {
            "BASE": self.base(),
            "REVISION": revision(),
            "DATE": self.date,
            "NAME": self.source.name,
            "PARTS": self.table(patches),
            "LEFTOVERS": self.leftovers() or "none",
        }

        def value(match):
            if match[1] not in values:
                raise Error(f"series/00-cover-letter: @{match[1]}@ is none of @{'@, @'.join(values)}@")
            return values[match[1]]

        template = (REPO / "series/00-cover-letter").read_text(encoding="utf-8")
        message = email.message_from_string(template)
        if message.keys() != ["Subject"]:
            raise Error("series/00-cover-letter: the header needs a Subject: and has nothing else")
        return message["Subject"] + "\n\n" + re.sub(r"@([A-Z]+)@", value, message.get_payload().strip("\n"))

    def base(self):
        version = self.git("log", "-1", "--format=%s", "base", "--").strip()
        what = self.source.what or "git tree " + self.git("rev-parse", "base^{tree}").strip()
        return f"{version} ({what})"

    def old_api(self, paths):
        """{file: lines that use the old interface}"""
        found = self.grep("-c", "-E", OLD_API, "--", *paths, *OLD_API_ITSELF)
        return {name: int(count) for name, count in (line.rsplit(":", 1) for line in found)}

    def grep(self, *arguments):
        try:
            return self.git("grep", *arguments).splitlines()
        except Error:   # nothing found
            return []

    def users(self, what=OLD_API, itself=tuple(OLD_API_ITSELF)):
        """FILE:LINE: text of each use of the old interface."""
        return self.grep("-n", "-E", what, "--", *DIRECTORIES, *itself)

    def leftovers(self):
        """Where the old interface is still in use, by directory."""
        directories = {}
        for name, count in self.old_api(["arch", "virt", "include"]).items():
            directory = "/".join(name.split("/")[:-1][:3])
            directories[directory] = directories.get(directory, 0) + count
        return "\n".join(f"  {directory:20} {count:3}" for directory, count in sorted(directories.items()))

    def commits(self, patches):
        """[(commit, patch)]; a patch that had nothing to do has no commit."""
        commits = dict(line.split(" ", 1)[::-1] for line in
                       self.git("log", "--format=%H %s", f"base..{BRANCH}").splitlines())
        return [(commits[patch.subject], patch) for patch in patches if patch.subject in commits]

    def table(self, patches):
        commits = self.commits(patches)
        parts = {}
        for commit, patch in commits:
            part = parts.setdefault(patch.part, {"patches": 0, "files": set(), "+": 0, "-": 0, "rules": [], "ruled": []})
            part["patches"] += 1
            for line in self.git("diff-tree", "-r", "--numstat", "--no-renames", f"{commit}^", commit).splitlines():
                added, deleted, name = line.split("\t")
                part["files"].add(name)
                part["+"] += int(added)
                part["-"] += int(deleted)
            for rule, files in patch.rules:
                part["ruled"] += files
                if Path(rule).stem not in part["rules"]:
                    part["rules"].append(Path(rule).stem)
        rows = [("part", "patches", "files", "added", "deleted", "left", "rules")]
        for name, part in parts.items():
            left = sum(self.old_api(part["ruled"]).values()) if part["ruled"] else 0
            rows.append((name, part["patches"], len(part["files"]), part["+"], part["-"], left,
                         " ".join(part["rules"])))
        total = self.git("diff", "--numstat", "--no-renames", "base", "HEAD").splitlines()
        rows.append(("all together", len(commits), len(total), sum(int(line.split("\t")[0]) for line in total),
                     sum(int(line.split("\t")[1]) for line in total), "", ""))
        width = max(len(row[0]) for row in rows)
        return "\n".join(f"{row[0]:{width}} {row[1]:>7} {row[2]:>5} {row[3]:>6} {row[4]:>7} {row[5]:>4}  {row[6]}".rstrip()
                         for row in rows)

    def summary(self, patches):
        left = self.leftovers()
        return "\n".join([
            "", self.table(patches), "",
            *(["Lines still on the old interface, which the series keeps for them:", left, ""] if left else []),
            f"base:   {self.base()}",
            f"tree:   {os.path.relpath(self.tree)}",
            f"series: {os.path.relpath(self.series)}",
        ])


def revision():
    try:
        return Git(REPO)("describe", "--always", "--dirty", "--abbrev=12").strip()
    except Error:
        return "unknown"


def main(command="summary"):
    work = Work()
    if command == "dir":
        print(work.directory)
        return
    work.convert()
    if command == "summary":
        print(work.summary(read_series()))


if __name__ == "__main__":
    try:
        if len(sys.argv) > 2 or sys.argv[1:] not in ([], ["dir"], ["series"], ["summary"]):
            raise Error("usage: tree.py [dir|series|summary]")
        main(*sys.argv[1:])
    except (Error, OSError) as problem:
        print(f"tree: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
