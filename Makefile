# SPDX-License-Identifier: GPL-2.0-only
# "make help" lists the targets.

.NOTPARALLEL:
# The kernel's make is not to see the flags and variables of this one.
unexport MAKEFLAGS

MODE ?= report
Q := $(if $(V),,@)
export KSRC V

# $(call need,GROUP...): install what is missing of these lines of scripts/packages; convert what is out of date
need = $(Q)scripts/deps.sh common $(1) && scripts/tree.py series
stock = $(if $(STOCK),--stock)
count = $(if $(COUNT),--count)
variant = $(if $(VARIANT),--variant $(VARIANT))
userspace = $(Q)$(MAKE) --no-print-directory -C tools/testing/io_bus $(if $(V),,-s) \
	KERNEL="$$(scripts/tree.py dir)/tree" OUTPUT="$$(scripts/tree.py dir)/io_bus"
EVERY := um x86_64 arm64 s390 riscv powerpc powerpc-e500 powerpc-e500v2 mips loongarch i386

.PHONY: series tree kernel kunit selftests guest bench sparse build-test modules-test review coccicheck cocci-test findings \
	checkpatch docs-test series-test map-test mutants regressions fuzz coverage soak check check-all nightly help clean

series:			## convert the kernel, write the patch series, print its parts (the default)
	$(Q)scripts/deps.sh common
	$(Q)scripts/tree.py

tree:			## only bring the git work tree build/linux-6.12/tree up to date: tag base is the source, HEAD converted
	$(call need)

kernel: ARCH ?= x86_64
kernel:			## [ARCH=x86_64] [STOCK=1]: build a kernel that QEMU boots
	$(call need,$(ARCH))
	$(Q)scripts/kernel.py $(ARCH) $(stock)

kunit: ARCH ?= um
kunit:			## [ARCH=um] [VARIANT=debug|kcsan]: run the KUnit suites, under QEMU if not on um
	$(call need,$(ARCH))
	$(Q)scripts/kunit.py $(ARCH) $(variant)

selftests: ARCH ?= x86_64
selftests:		## [ARCH=x86_64] [STOCK=1] [COUNT=1] [VARIANT=] [TESTS="..."]: run KVM selftests under QEMU: real guests
	$(call need,$(ARCH))
	$(Q)scripts/selftests.py $(ARCH) $(stock) $(count) $(variant) $(TESTS)

soak: MINUTES ?= 10
soak:			## [MINUTES=10]: random accesses to the buses while they change, for half of that each in KUnit and in guests
	$(call need,x86_64)
	$(Q)scripts/kunit.py x86_64 --seconds $$(($(MINUTES) * 30)) kvm_io_bus_stress
	$(Q)scripts/selftests.py x86_64 --variant debug --seconds $$(($(MINUTES) * 30)) x86_64/io_bus_stress_test

guest: ARCH ?= x86_64
guest:			## [ARCH=x86_64] [STOCK=1]: a guest Linux, under QEMU in the kernel, whose virtio devices use ioeventfds
	$(call need,$(ARCH) guest)
	$(Q)scripts/guest_client.py $(ARCH) $(stock)

bench:			## [RUNS="x86_64 ..."]: what the bus costs in instructions, in stock and converted, against the targets
	$(call need,x86_64 arm64 s390 riscv bench)
	$(Q)scripts/bench.py $(RUNS)

sparse: ARCH ?= x86_64
sparse:			## [ARCH=x86_64]: no warning of sparse, or of gcc with W=1, that stock does not have
	$(call need,$(ARCH))
	$(Q)scripts/build_test.py $(ARCH) --ends

build-test: ARCH ?= x86_64
build-test:		## [ARCH=x86_64]: the same at every commit of the series
	$(call need,$(ARCH))
	$(Q)scripts/build_test.py $(ARCH)

modules-test: ARCH ?= x86_64
modules-test:		## [ARCH=x86_64]: KVM as modules: what they need of the bus is exported, and nothing more
	$(call need,$(ARCH))
	$(Q)scripts/modules_test.py $(ARCH)

review:			## [ARCH=]: what a reviewer of the architecture needs, on one page each: build/linux-6.12/review/
	$(call need,$(ARCH))
	$(Q)scripts/review.py $(ARCH)

coccicheck:		## [MODE=report] [STOCK=1]: our semantic patches that have this mode, through the kernel's coccicheck
	$(call need)
	$(Q)scripts/coccicheck.sh $(MODE) $(stock)

cocci-test:		## test the semantic patches
	$(call need)
	$(Q)scripts/cocci-test.sh

findings:		## the checkers find in stock what Documentation lists, and the fixed of it no more in converted
	$(call need)
	$(Q)scripts/findings.py

checkpatch:		## checkpatch.pl --strict on every patch
	$(call need,docs)
	$(Q)scripts/checkpatch.sh

docs-test:		## kernel-doc and Sphinx have no complaint of ours
	$(call need,docs)
	$(Q)scripts/docs-test.sh

mutants:		## [ARCH=]: each of the faults that are put into a copy of the sources is found by its test
	$(call need,$(or $(ARCH),um x86_64 arm64 mips powerpc-e500v2) userspace)
	$(Q)scripts/mutants.py $(ARCH)

regressions:		## [ARCH=]: each bug that kvm_io_bus had has a test, which passed when the tests last ran
	$(call need)
	$(Q)scripts/regressions.py $(ARCH)

series-test:		## git am, reruns, wrong input and interruptions
	$(call need)
	$(Q)scripts/series_test.py

map-test:		## virt/kvm/io_map.c and io_register.c in userspace: sanitizers, 32 bits, steps of a lookup
	$(call need,userspace)
	$(userspace) check

fuzz:			## [SHORT=1]: inputs that libFuzzer makes for the same: ten million operations, SHORT=1 one
	$(call need,fuzz)
	$(userspace) fuzz $(if $(SHORT),SEEDS=1 RUNS=20000 OPERATIONS=1000000)

coverage:		## the lines and branches of the bus that its tests reach, against scripts/uncovered
	$(call need,um x86_64)
	$(Q)scripts/coverage.py

check:			## what to run after make: tests of the series, and of the converted kernel with real guests
	$(call need,um x86_64 docs userspace fuzz)
	$(Q)scripts/check.py check

check-all:		## all of that and what takes longer; runs in continuous integration
	$(call need,$(EVERY) docs userspace fuzz)
	$(Q)scripts/check.py all

nightly:		## all of that, and what takes too long for continuous integration
	$(call need,$(EVERY) docs userspace fuzz)
	$(Q)scripts/check.py nightly

help:			## this list
	@sed -n 's/^\([a-z-]*\):.*	## /\1	/p' Makefile | expand -t 16

clean:			## remove build/
	$(Q)rm -rf build
