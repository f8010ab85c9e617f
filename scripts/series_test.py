#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Test the series, and on a tree of a few files the tool that makes it.  The last line is the sum."""
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

import edit
import tree

HEAD = """// SPDX-License-Identifier: GPL-2.0-only
// Options: --no-includes
virtual patch
"""
REFUSAL = """
@found@
position p;
@@
before@p(...)

@script:python@
p << found.p;
@@
print("{}: {}:{}: because".format("%s", p[0].file, p[0].line))
"""
CHANGE = """
@depends on patch@
@@
- before
+ after
  (...)
"""
RULE = HEAD + CHANGE
KERNEL = {
    "Makefile": "VERSION = 9\nPATCHLEVEL = 8\nSUBLEVEL = 7\n",
    "Kbuild": "obj-y += virt/\n",
    "virt/Makefile": "obj-y\t+= lib/\n",
    "virt/kvm/kvm_main.c": "int f(void)\n{\n\treturn before(1);\n}\n",
}
SERIES = {
    "series/00-cover-letter": "Subject: KVM: nothing\n\nOn @BASE@, @REVISION@, @DATE@, @NAME@.\n@PARTS@\n@LEFTOVERS@\n",
    "series/01-fix": "Subject: KVM: Fix\nPart: fixes\nRule: rule.cocci virt/kvm/kvm_main.c\n\nWhy.\n\nFixes: 0 (\"x\")\n",
    "series/02-map": "Subject: KVM: Add\nNew: kunit/new.c\nEdit: virt/Makefile\n\nWhy.\n",
    "rule.cocci": RULE,
    "kunit/new.c": "int new;\n",
}


# A driver that no file of series/ names, its object in a header.
HEADER = """struct %(name)s {
	struct kvm *kvm;
	struct kvm_io_device dev;
	struct kvm_io_device speaker;
};
"""
DRIVER = """#include <kvm/iodev.h>
#include "%(name)s.h"

static int %(name)s_read(struct kvm_vcpu *vcpu, struct kvm_io_device *dev,
		gpa_t addr, int len, void *val)
{
	return 0;
}

static const struct kvm_io_device_ops %(name)s_ops = {
	.read = %(name)s_read,
};

int %(name)s_create(struct %(name)s *s)
{
	int ret;

	kvm_iodevice_init(&s->dev, &%(name)s_ops);
	kvm_iodevice_init(&s->speaker, &%(name)s_ops);

	ret = kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
	if (ret)
		return ret;

	ret = kvm_io_bus_register_dev(s->kvm, KVM_PIO_BUS, 0x61, 1, &s->speaker);
	%(check)skvm_io_bus_unregister_dev(s->kvm, KVM_PIO_BUS, &s->dev);

	return ret;
}
"""
FURTHER = {
    "series/50-remove-iodev": "Subject: KVM: Remove\nRule: remove.cocci include/kvm/iodev.h\n\nWhy.\n",
    "remove.cocci": "virtual patch\n@depends on patch@\n@@\n- int kvm_io_bus_register_dev(...);\n",
    **{name: (tree.REPO / name).read_text(encoding="utf-8") for name in (
        "series/49-others", "scripts/coccinelle/kvm/loop.cocci", "scripts/coccinelle/kvm/io_bus.cocci")},
}
REMOVE_HEADER = {
    "series/50-remove-iodev": "Subject: KVM: Remove\nDelete: include/kvm/iodev.h\n"
                              "Rule: scripts/coccinelle/kvm/remove_iodev.cocci <kvm/iodev.h>\n\nWhy.\n",
    "scripts/coccinelle/kvm/remove_iodev.cocci":
        (tree.REPO / "scripts/coccinelle/kvm/remove_iodev.cocci").read_text(encoding="utf-8"),
}
OTHERS = "0003-KVM-Convert-further-users-of-the-I-O-bus.patch"
OLD_KERNEL = {"include/kvm/iodev.h": "int kvm_io_bus_register_dev(int);\nint other;\n"}


def driver(name, check="if (ret)\n\t\t"):
    values = {"name": name, "check": check}
    return {f"arch/x/kvm/{name}.h": HEADER % values, f"arch/x/kvm/{name}.c": DRIVER % values}


def run(*command, cwd=None, **env):
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, umask=int(env.get("UMASK", "022"), 8))


def write(directory, files):
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def contents(directory):
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def state(directory):
    """Everything about every file that a write would change."""
    found = {}
    for path in [directory, *directory.rglob("*")]:
        stat = path.lstat()
        found[path] = (stat.st_mode, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    return found


class Hostile:
    """Settings of a user that must not show in a patch."""
    config = {"commit.gpgsign": "true", "core.autocrlf": "true", "diff.noprefix": "true", "format.signature": "x",
              "format.attach": "true", "diff.algorithm": "patience", "core.abbrev": "40", "format.thread": "true",
              "commit.cleanup": "strip", "core.hooksPath": "/nonexistent", "diff.context": "9"}
    env = {"GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_DATE": "@1 +0100", "GIT_COMMITTER_EMAIL": "x", "GIT_DIR": "/nonexistent",
           "GIT_INDEX_FILE": "/nonexistent", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "COLUMNS": "40", "UMASK": "077",
           "GIT_CONFIG_COUNT": str(len(config)),
           **{f"GIT_CONFIG_KEY_{i}": key for i, key in enumerate(config)},
           **{f"GIT_CONFIG_VALUE_{i}": value for i, value in enumerate(config.values())}}


class Series(unittest.TestCase):
    """The series of build/, as its reader gets it."""

    @classmethod
    def setUpClass(cls):
        cls.work = tree.Work()
        cls.git = tree.Git(cls.work.tree)
        cls.commits = cls.git("rev-list", "--reverse", "base..HEAD").split()

    def worktree(self):
        """A work tree on tag base, without its 90,000 files: git am takes what it needs from the index."""
        directory = tempfile.mkdtemp(dir=self.work.directory)
        self.addCleanup(self.git, "worktree", "remove", "--force", directory)
        self.git("worktree", "add", "-q", "--detach", "--no-checkout", directory, "base")
        git = tree.Git(directory, **{f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER")
                                     for what in ("NAME", "EMAIL")})
        git("read-tree", "base")
        return git, Path(directory)

    def test_git_am_gives_the_same_tree_and_messages(self):
        git, _ = self.worktree()
        patches = sorted(self.work.series.glob("*.patch"))[1:]
        self.assertEqual(len(patches), len(self.commits))
        git("am", "-q", *map(str, patches))
        self.assertEqual(git("diff", "--stat", "HEAD", tree.BRANCH), "")
        self.assertEqual(git("log", "--format=%B", "base.."), self.git("log", "--format=%B", "base..HEAD"))

    def test_quoted_commands_give_the_patch(self):
        """And nothing else changes a C file that is there already."""
        git, directory = self.worktree()
        shutil.copytree(tree.REPO / "scripts/coccinelle/kvm", directory / "scripts/coccinelle/kvm")
        for commit in self.commits:
            with self.subTest(self.git("log", "-1", "--format=%s", commit).strip()):
                git("checkout", "-q", f"{commit}^", "--", "virt/*", "include/*", "arch/*/kvm/*",
                    "arch/*/include/*")
                message = self.git("log", "-1", "--format=%B", commit)
                quoted = re.search(r"^Generated by:\n((?:  .*\n)+)", message, re.M)
                if quoted:
                    done = run("sh", "-e", "-c", quoted[1], cwd=directory)
                    self.assertEqual(done.returncode, 0, done.stderr)
                edits = re.search(r"^Edited without a rule:\n((?:  .*\n)+)", message, re.M)
                for name in edits[1].split() if edits else []:
                    edit.apply(directory, name)
                made = git("diff", "--name-only", "--diff-filter=M").split()
                self.assertEqual(git("diff", "--stat", commit, "--", *made) if made else "", "")
                changed = self.git("diff", "--name-only", "--diff-filter=M", f"{commit}^", commit, "--", "*.[chS]")
                self.assertEqual(set(changed.split()) - set(made), set())

    def test_rerun_is_byte_identical(self):
        before = contents(self.work.series)
        self.work.stamp.unlink()
        start = time.monotonic()
        done = run(sys.executable, "scripts/tree.py", cwd=tree.REPO, **Hostile.env)
        print(f"converted and written in {time.monotonic() - start:.0f} s")
        self.assertEqual(done.returncode, 0, done.stderr)
        after = contents(self.work.series)
        self.assertEqual(list(before), list(after))
        self.assertEqual([name for name in before if before[name] != after[name]], [])


class Tool(unittest.TestCase):
    """The tool, on a kernel of four files and a series of two patches."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.top = Path(directory.name)
        self.repo, self.kernel = self.top / "repo", self.top / "kernel"
        for name in ("Makefile", "scripts/tree.py", "scripts/edit.py", "scripts/deps.sh", "scripts/packages"):
            (self.repo / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree.REPO / name, self.repo / name)
        write(self.repo, SERIES)
        write(self.kernel, KERNEL)
        # without an identity there is a warning
        write(self.top, {"gitconfig": "[user]\n\tname = x\n\temail = x@example.com\n"})
        settings = unittest.mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(self.top / "gitconfig")})
        settings.start()
        self.addCleanup(settings.stop)
        self.series = self.repo / "build/linux-9.8/series"

    def tool(self, *arguments, ksrc=None, **env):
        return run(sys.executable, "scripts/tree.py", *arguments, cwd=self.repo,
                   **{"KSRC": str(ksrc or self.kernel), "SOURCE_DATE_EPOCH": "1000000000", **env})

    def convert(self, **env):
        """The patches."""
        done = self.tool(**env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return contents(self.series)

    def refused(self, message, done=None):
        """One line of ours says what is wrong, and the exit code is 2."""
        done = done or self.tool()
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        ours = [line for line in done.stderr.splitlines() if not re.match(r"make(\[\d+\])?: \*\*\*", line)]
        self.assertRegex("\n".join(ours), "^tree: .*" + message)
        return ours

    def git(self, *command):
        done = run("git", "-c", "user.name=x", "-c", "user.email=x", *command, cwd=self.kernel)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def commit_kernel(self):
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "x")

    # ---- what it makes

    def test_patch(self):
        patches = self.convert()
        self.assertEqual(sorted(patches),
                         ["0000-cover-letter.patch", "0001-KVM-Fix.patch", "0002-KVM-Add.patch"])
        for patch in patches.values():
            self.assertIn(b"\nDate: Sun, 9 Sep 2001 01:46:40 +0000\n", patch)
        fix = patches["0001-KVM-Fix.patch"].decode()
        self.assertIn("\nSubject: [PATCH 1/2] KVM: Fix\n\nWhy.\n\nGenerated by:\n"
                      "  spatch --very-quiet -D patch --no-includes --in-place --sp-file \\\n"
                      "    rule.cocci virt/kvm/kvm_main.c\n\nFixes: 0 (\"x\")\nSigned-off-by: ", fix)
        self.assertIn("\n-\treturn before(1);\n+\treturn after(1);\n", fix)
        self.assertIn("\n+++ b/virt/kvm/tests/new.c\n", patches["0002-KVM-Add.patch"].decode())
        self.assertIn("\n+obj-y\t+= kvm/\n", patches["0002-KVM-Add.patch"].decode())
        cover = patches["0000-cover-letter.patch"].decode()
        self.assertRegex(cover, r"\nOn Linux 9\.8\.7 \(git tree [0-9a-f]{40}\), \w+, 1000000000, linux-9\.8\.\n")
        self.assertRegex(cover, r"\nfixes +1 +1 +1 +1 +0 +rule\n")

    def test_user_settings_do_not_matter(self):
        before = self.convert()
        shutil.rmtree(self.repo / "build")
        self.assertEqual(before, self.convert(**Hostile.env))

    def test_no_identity(self):
        env = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        self.assertIn("warning: git knows no user.name", self.tool(**env).stderr)
        self.assertIn(b"Signed-off-by: Your Name <you@example.com>", contents(self.series)["0001-KVM-Fix.patch"])

    def test_identity_is_the_one_of_git(self):
        env = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Jörg",
               "GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "j@example.com"}
        patches = self.convert(**env)
        patch = patches["0001-KVM-Fix.patch"].decode()
        self.assertIn("\nFrom: =?UTF-8?q?J=C3=B6rg?= <j@example.com>\n", patch)
        self.assertIn("\nSigned-off-by: Jörg <j@example.com>\n", patch)
        self.assertIn("\nFrom: Jörg <j@example.com>\n", patches["0000-cover-letter.patch"].decode())

    def test_unchanged_inputs_do_nothing(self):
        self.convert()
        before = state(self.repo / "build")
        done = self.tool()
        self.assertEqual(done.returncode, 0)
        self.assertIn("all together", done.stdout)
        after = state(self.repo / "build")
        # opened for its lock
        before.pop(self.repo / "build/linux-9.8/lock"), after.pop(self.repo / "build/linux-9.8/lock")
        self.assertEqual(before, after)

    def test_each_input_counts(self):
        before = self.convert()
        for name, text in (("rule.cocci", RULE.replace("after", "later")), ("kunit/new.c", "int other;\n"),
                           ("series/02-map", SERIES["series/02-map"] + "More.\n"),
                           ("series/00-cover-letter", "Subject: Other\n\nText.\n")):
            write(self.repo, {name: text})
            after = self.convert()
            self.assertNotEqual(before, after, name)
            before = after
        write(self.kernel, {"virt/kvm/kvm_main.c": "int g(void)\n{\n\treturn before(2);\n}\n"})
        self.assertIn(b"later(2)", self.convert()["0001-KVM-Fix.patch"])
        self.assertNotEqual(before, self.convert(SOURCE_DATE_EPOCH="1000000001"))

    # ---- users that no file of series/ names

    def test_further_users_are_converted(self):
        write(self.repo, FURTHER)
        array = (tree.REPO / "scripts/coccinelle/tests/io_bus/mbox.c").read_text(encoding="utf-8")
        write(self.kernel, {**OLD_KERNEL, **driver("timer"), **driver("beeper"), "drivers/mbox.c": array})
        patches = self.convert()
        self.assertEqual(list(patches)[3:], [OTHERS, "0004-KVM-Remove.patch"])
        others = patches[OTHERS].decode()
        for name in ("timer", "beeper"):
            self.assertIn(f"/io_bus.cocci arch/x/kvm/{name}.c \\\n    arch/x/kvm/{name}.h\n", others)
            self.assertIn(f"\n+++ b/arch/x/kvm/{name}.h\n", others)
        self.assertIn("\n+\tret = kvm_io_bus_register(s->kvm, &s->dev, regions, ARRAY_SIZE(regions));\n", others)
        self.assertIn("\n+++ b/drivers/mbox.c\n", others)
        self.assertIn("\nKVM: further users ", self.tool().stdout)

    def test_without_further_users_there_is_no_patch(self):
        write(self.repo, FURTHER)
        write(self.kernel, OLD_KERNEL)
        self.assertEqual(list(self.convert())[3:], ["0003-KVM-Remove.patch"])
        self.assertIn("all together", self.tool().stdout)

    def test_further_user_that_is_refused(self):
        """The others are converted, the old interface stays, and so does the failure."""
        write(self.repo, FURTHER)
        write(self.kernel, {**OLD_KERNEL, **driver("timer"), **driver("beeper", "")})
        for _ in range(2):
            self.refused("\n  refused: arch/x/kvm/beeper.c:25: the result of one of several registrations is not checked"
                         "\n(.*\n)*  arch/x/kvm/beeper.c:21:\t.*kvm_io_bus_register_dev")
        self.assertEqual(list(contents(self.series))[3:], [OTHERS])
        others = contents(self.series)[OTHERS]
        self.assertIn(b"+++ b/arch/x/kvm/timer.c", others)
        self.assertNotIn(b"beeper", others)

    def test_user_that_no_rule_knows(self):
        write(self.repo, FURTHER)
        write(self.kernel, {**OLD_KERNEL, "arch/x/kvm/x.S": "\tcall kvm_io_bus_get_dev\n"})
        self.refused("\n  arch/x/kvm/x.S:1:\tcall")

    def test_removal_leaves_a_use(self):
        write(self.repo, FURTHER)
        write(self.kernel, {"include/kvm/iodev.h": OLD_KERNEL["include/kvm/iodev.h"] + "#define OLD kvm_iodevice_read\n"})
        self.refused("\n  include/kvm/iodev.h:3:#define OLD kvm_iodevice_read")

    def test_second_caller_of_the_cookie(self):
        write(self.repo, FURTHER)
        write(self.kernel, {**OLD_KERNEL, "arch/x/kvm/x.c": "int x = kvm_io_bus_write_cookie(0);\n"})
        self.refused("\n  arch/x/kvm/x.c:1:int x = kvm_io_bus_write_cookie")
        self.assertEqual(list(contents(self.series))[3:], [])

    def test_file_that_only_includes_the_header(self):
        write(self.repo, {**FURTHER, **REMOVE_HEADER})
        text = "#include <kvm/iodev.h>\n\nstruct x {\n\tstruct kvm_io_device *dev;\n};\n"
        write(self.kernel, {**OLD_KERNEL, "arch/x/include/asm/x.h": text, "virt/kvm/y.h": text})
        patch = self.convert()["0003-KVM-Remove.patch"].decode()
        self.assertIn("/remove_iodev.cocci arch/x/include/asm/x.h \\\n    virt/kvm/y.h\n", patch)
        self.assertEqual(patch.count("\n-#include <kvm/iodev.h>\n+#include <kvm/io_bus.h>\n"), 2)

    def test_header_that_is_included_otherwise(self):
        write(self.repo, {**FURTHER, **REMOVE_HEADER})
        write(self.kernel, {**OLD_KERNEL, "arch/x/x.h": "#include <kvm/iodev.h>\n",
                            "arch/x/y.h": '#include "../../include/kvm/iodev.h"\n'})
        self.refused("\n  arch/x/y.h:1:#include \"../../include/kvm/iodev.h\"$")

    # ---- KSRC

    def test_plain_and_git_give_the_same_and_stay_as_they_are(self):
        plain = state(self.kernel)
        patches = self.convert()
        self.assertEqual(plain, state(self.kernel))
        self.commit_kernel()
        write(self.kernel, {"virt/kvm/kvm_main.c": "not committed\n"})
        kept = state(self.kernel)
        shutil.rmtree(self.repo / "build")
        self.assertEqual(patches, self.convert())
        self.assertEqual(kept, state(self.kernel))

    def test_what_a_build_left_stays_behind(self):
        patches = self.convert()
        write(self.kernel, {".config": "x", "include/config/auto.conf": "x", "virt/kvm/kvm_main.o": "x",
                            "arch/x/include/generated/x.h": "x"})
        self.assertEqual(patches, self.convert())

    def test_debian_keeps_its_directory(self):
        write(self.kernel, {"Makefile": f"VERSION = {tree.DEBIAN[0]}\nPATCHLEVEL = {tree.DEBIAN[2:]}\n"})
        self.assertEqual(self.tool("dir").stdout, f"{self.repo}/build/linux-{tree.DEBIAN}-ksrc\n")

    def test_wrong_ksrc(self):
        self.refused("no such directory", self.tool(ksrc="/nonexistent/kernel"))
        self.refused("not a Linux kernel source tree", self.tool(ksrc=self.repo))
        for name, message in (("virt/kvm/kvm_main.c", "a kernel without KVM"), ("Kbuild", "not a Linux kernel")):
            (self.kernel / name).unlink()
            self.assertEqual(len(self.refused(message)), 1)
            write(self.kernel, KERNEL)
        write(self.kernel, {"include/kvm/io_bus.h": "x"})
        self.assertEqual(len(self.refused("is converted already")), 1)
        self.commit_kernel()
        (self.kernel / "include/kvm/io_bus.h").unlink()
        self.assertEqual(len(self.refused("is converted already")), 1)

    def test_wrong_ksrc_through_make(self):
        self.assertEqual(len(self.refused("no such directory", run("make", "KSRC=/nonexistent/kernel", cwd=self.repo))), 1)

    # ---- what goes wrong

    def test_interrupted_at_each_command(self):
        """The run is killed at its Nth command; the next one gives the same series."""
        self.fail_at_each_command("kill -KILL 0", lambda done: self.assertEqual(done.returncode, -9))

    def test_failure_of_each_command(self):
        """The message names the step."""
        self.fail_at_each_command("echo No space left on device >&2; exit 3", self.names_the_step)

    def names_the_step(self, done):
        if done.returncode == 0:    # what it said was not needed
            return
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "^tree: (.*\n)*.*No space left on device\n")
        step = re.search(r"\[ *\d+/\d+\] (.*) \n$", done.stdout)
        if step:
            self.assertTrue(done.stderr.startswith(f"tree: {step[1]}: "), done.stdout + done.stderr)

    def wrap_commands(self, how):
        """Put scripts in the path of git, spatch and tar that do something else at the Nth call."""
        self.binaries, self.calls = self.top / "bin", self.top / "calls"
        self.binaries.mkdir()
        for name in ("git", "spatch", "tar"):
            script = self.binaries / name
            # mkdir, since the two ends of a pipe count at the same time
            script.write_text(f"#!/bin/sh\nn=1\nwhile ! mkdir {self.calls}/$n 2>/dev/null; do n=$((n + 1)); done\n"
                              f"[ $n != \"$FAIL_AT\" ] || {{ {how}; }}\nexec {shutil.which(name)} \"$@\"\n",
                              encoding="utf-8")
            script.chmod(0o755)

    def fail_at(self, number):
        """Run the tool so; its result, or None if it did not call that many."""
        shutil.rmtree(self.calls, ignore_errors=True)
        self.calls.mkdir()
        env = {**os.environ, "KSRC": str(self.kernel), "SOURCE_DATE_EPOCH": "1000000000",
               "PATH": f"{self.binaries}:{os.environ['PATH']}", "FAIL_AT": str(number)}
        done = subprocess.run([sys.executable, "scripts/tree.py"], cwd=self.repo, env=env, text=True,
                              capture_output=True, start_new_session=True)
        return done if (self.calls / str(number)).exists() else None

    def fail_at_each_command(self, how, expect):
        good = self.convert()
        self.wrap_commands(how)
        for number in itertools.count(1):
            shutil.rmtree(self.repo / "build")
            done = self.fail_at(number)
            if done is None:
                break
            with self.subTest(f"command {number}"):
                expect(done)
                if self.series.exists():
                    self.assertEqual(good, contents(self.series))
                self.assertEqual(good, self.convert())
        self.assertGreater(number, 20)

    def test_interrupted_and_back_to_what_was_before(self):
        good = self.convert()
        self.wrap_commands("kill -KILL 0")
        other = {"series/00-cover-letter": "Subject: Other\n\nText.\n"}
        write(self.repo, other)
        self.fail_at(0)
        last = len(list(self.calls.iterdir()))
        for number in range(last - 10, last + 1):
            write(self.repo, SERIES)
            self.assertEqual(good, self.convert(), f"command {number} of {last}")
            write(self.repo, other)
            self.fail_at(number)

    def test_locks_left_by_git(self):
        good = self.convert()
        git = self.repo / "build/linux-9.8/tree/.git"
        for name in ("index.lock", "HEAD.lock", f"refs/heads/{tree.BRANCH}.lock"):
            (git / name).touch()
        write(self.repo, {"kunit/new.c": "int other;\n"})
        self.assertNotEqual(good, self.convert())

    def test_two_at_once(self):
        good = self.convert()
        shutil.rmtree(self.repo / "build")
        env = {**os.environ, "KSRC": str(self.kernel), "SOURCE_DATE_EPOCH": "1000000000"}
        both = [subprocess.Popen([sys.executable, "scripts/tree.py"], cwd=self.repo, env=env, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True) for _ in range(2)]
        for process in both:
            output = process.communicate()[0]
            self.assertEqual(process.returncode, 0, output)
        self.assertEqual(good, contents(self.series))

    def test_full_disk(self):
        write(self.repo, {"kunit/new.c": "x" * 100000})
        done = run("sh", "-c", "ulimit -f 100; exec python3 scripts/tree.py", cwd=self.repo, KSRC=str(self.kernel))
        self.refused("02-map: .*File too large", done)

    def test_wrong_series(self):
        for name, text, message in (
            ("rule.cocci", HEAD + REFUSAL % "refused" + CHANGE, "01-fix: rule.cocci:\n  refused: virt/kvm/kvm_main.c:3: because"),
            ("rule.cocci", HEAD + REFUSAL % "left" + CHANGE, "01-fix: rule.cocci:\n  left: virt/kvm/kvm_main.c:3: because"),
            ("rule.cocci", RULE.replace("before", "absent"), "01-fix: rule.cocci changes nothing in virt/kvm/kvm_main.c"),
            ("rule.cocci", RULE.replace("after", ")"), "01-fix: .*spatch"),
            ("rule.cocci", HEAD + REFUSAL.replace("print(", "absent(") + CHANGE, "01-fix: spatch .*\n(.*\n)*.*absent"),
            ("series/01-fix", "Subject: x: y\nRule: rule.cocci virt/absent.c\n\n", "01-fix: .*file.*: virt/absent.c"),
            ("series/01-fix", "Subject: x: y\nRule: absent.cocci virt/kvm/kvm_main.c\n\n", "01-fix: absent.cocci: no such"),
            ("series/01-fix", "Subject: x: y\nRule: rule.cocci\n\n", "01-fix: .*names no file"),
            ("series/01-fix", "Subject: x: y\nRules: rule.cocci f\n\n", "01-fix: .*what is rules:"),
            ("series/01-fix", "Rule: rule.cocci virt/kvm/kvm_main.c\n\n", "01-fix: .*needs a Subject:"),
            ("series/01-fix", "Subject: x: y\n\nText\n", "01-fix: the patch is empty"),
            ("series/02-map", "Subject: x: y\nNew: absent.c\n\n", "02-map: absent.c: no such file"),
            ("series/02-map", "Subject: x: y\nDelete: absent.c\n\n", "02-map: .*No such file.*absent.c"),
            ("series/02-map", "Subject: x: y\nEdit: Kbuild\n\n", "02-map: Kbuild: .*declares no edit"),
            ("series/00-cover-letter", "Subject: x\n\n@ABSENT@\n", "write the series: .*@ABSENT@ is none of"),
        ):
            with self.subTest(message):
                write(self.repo, {**SERIES, name: text})
                self.refused(message)
        write(self.repo, SERIES)
        self.convert()

    def test_edit_needs_its_anchor_once(self):
        for text, count in (("obj-y += other/\n", 0), ("obj-y += lib/\nobj-y += lib/\n", 2)):
            write(self.kernel, {"virt/Makefile": text})
            self.refused(f"02-map: virt/Makefile: /.*/ matches {count} lines")

    def test_edit_twice_changes_nothing(self):
        base, target = tree.Git(tree.Work().tree), self.top / "edited"
        write(target, {name: base("show", f"base:{name}") for name in map(tree.edit.target, tree.edit.EDITS)})
        for name in tree.edit.EDITS:
            path = target / tree.edit.target(name)
            before = path.read_bytes()
            tree.edit.apply(target, name)
            once = path.read_bytes()
            self.assertNotEqual(once, before)
            tree.edit.apply(target, name)
            self.assertEqual(once, path.read_bytes())

    def test_delete_is_deletion(self):
        write(self.kernel, {"virt/kvm/old.c": "int old;\n"})
        write(self.repo, {"series/03-delete": "Subject: KVM: Delete\nDelete: virt/kvm/old.c\n\nWhy.\n"})
        self.assertIn(b"\n delete mode 100644 virt/kvm/old.c\n", self.convert()["0003-KVM-Delete.patch"])
        self.assertFalse((self.repo / "build/linux-9.8/tree/virt/kvm/old.c").exists())


if __name__ == "__main__":
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    bad = len({str(getattr(test, "test_case", test)) for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
