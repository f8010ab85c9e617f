/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Have each of a call's allocations fail in turn, of slab objects and of pages.
 * The kernel says through /proc/thread-self/fail-nth whether there was one to
 * fail. Some are those of kmemleak, which does without.
 */
#ifndef SELFTEST_KVM_IO_BUS_FAULT_H
#define SELFTEST_KVM_IO_BUS_FAULT_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "test_util.h"

#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc/"
#define MAX_ERRORS	200

static int fail_nth_fd = -1;

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	TEST_ASSERT(fd >= 0 && write(fd, text, strlen(text)) == strlen(text),
		    "Expected to write %s to %s, errno %d", text, path, errno);
	close(fd);
}

static inline void require_faults(void)
{
	TEST_REQUIRE(!access(FAILSLAB, F_OK) && !access(FAIL_PAGES, F_OK));
	write_file(FAILSLAB "ignore-gfp-wait", "N");
	write_file(FAILSLAB "verbose", "0");
	write_file(FAIL_PAGES "ignore-gfp-wait", "N");
	write_file(FAIL_PAGES "ignore-gfp-highmem", "N");
	write_file(FAIL_PAGES "min-order", "0");
	write_file(FAIL_PAGES "verbose", "0");
}

static inline void fail_allocation(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (fail_nth_fd < 0)
		fail_nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	TEST_ASSERT(pwrite(fail_nth_fd, text, len, 0) == len,
		    "Expected to write to fail-nth, errno %d", errno);
}

/* Whether one did fail. */
static inline bool has_failed(void)
{
	char text[16] = {};

	TEST_ASSERT(pread(fail_nth_fd, text, sizeof(text) - 1, 0) > 0,
		    "Expected to read fail-nth, errno %d", errno);
	fail_allocation(0);
	return !atoi(text);
}

/* The allocations whose failure was one of the call. */
struct errors {
	int nr;
	int nth[MAX_ERRORS];
};

/**
 * struct fallible - a call whose allocations fail in turn
 *
 * @name:	for messages
 * @call:	returns what the system call does, errno set
 * @unchanged:	asserts that all is as before @call
 * @undo:	what makes it so after @call has succeeded, though an allocation
 *		failed
 * @cannot_fail: @call succeeds whatever fails
 * @other_error: what @call may say instead of ENOMEM, 0 if nothing
 */
struct fallible {
	const char *name;
	int (*call)(void *arg);
	void (*unchanged)(void *arg);
	void (*undo)(void *arg);
	bool cannot_fail;
	int other_error;
};

/* Ends when the call has succeeded without a failure. */
static inline struct errors fail_each(const struct fallible *f, void *arg)
{
	struct errors errors = {};
	int nth;

	for (nth = 1; ; nth++) {
		int ret, err;
		bool failed;

		fail_allocation(nth);
		ret = f->call(arg);
		err = errno;
		failed = has_failed();
		if (ret < 0) {
			TEST_ASSERT(failed && !f->cannot_fail &&
				    (err == ENOMEM || (err == f->other_error && err)),
				    "%s: allocation %d (fails: %d): errno %d", f->name, nth, failed,
				    err);
			TEST_ASSERT(errors.nr < MAX_ERRORS, "%s: too many errors", f->name);
			errors.nth[errors.nr++] = nth;
		} else {
			if (!failed)
				break;
			f->undo(arg);
		}
		if (f->unchanged)
			f->unchanged(arg);
	}
	printf("%s: %d allocations, %d errors\n", f->name, nth - 1, errors.nr);
	TEST_ASSERT(f->cannot_fail || errors.nr, "%s: Expected an error", f->name);
	return errors;
}

/*
 * The same errors again, one after the other. Some allocations are not made each
 * time, and then it may be another one that fails, which does not matter.
 */
static inline void repeat_errors(const struct fallible *f, void *arg, const struct errors *errors)
{
	int nr = 0, i;

	for (i = 0; i < errors->nr; i++) {
		int ret, err;
		bool failed;

		fail_allocation(errors->nth[i]);
		ret = f->call(arg);
		err = errno;
		failed = has_failed();
		TEST_ASSERT(ret >= 0 || (failed && err == ENOMEM),
			    "%s: Expected ENOMEM after allocation %d failed again, errno %d",
			    f->name, errors->nth[i], err);
		if (ret < 0)
			nr++;
		else
			f->undo(arg);
		if (f->unchanged)
			f->unchanged(arg);
	}
	printf("%s: %d errors again\n", f->name, nr);
	TEST_ASSERT(nr, "%s: Expected an error again", f->name);
	TEST_ASSERT(f->call(arg) >= 0, "%s: Expected no error, errno %d", f->name, errno);
}

#endif /* SELFTEST_KVM_IO_BUS_FAULT_H */
