// SPDX-License-Identifier: GPL-2.0-only
/*
 * The init of a test guest: runs the programs that /tests names, a line each,
 * and prints how each ended. guest.py reads the last line, selftests.py the
 * others.
 *
 * All that they print goes through the kernel's log, line by line: the kernel
 * would print its own messages into the middle of what a terminal gets.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAK_AGE	6	/* seconds: kmemleak takes what is younger for in use */
#define KSFT_SKIP	4	/* as in kselftest.h */

static void mount_at(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, NULL))
		warn("mount %s", dir);
}

/* Also what is longer than the kernel's log takes at once. */
static void *log_lines(void *pipe)
{
	int log = open("/dev/kmsg", O_WRONLY);
	char line[900] = "<1>";

	while (log >= 0 && fgets(line + 3, sizeof(line) - 3, pipe)) {
		if (write(log, line, strlen(line)) < 0)
			break;
	}
	return NULL;
}

static pthread_t start_log(void)
{
	pthread_t thread;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) ||
	    pthread_create(&thread, NULL, log_lines, fdopen(fds[0], "r")))
		err(1, "/dev/kmsg");
	dup2(fds[1], STDOUT_FILENO);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	return thread;
}

static void print_status(const char *name, int status)
{
	/* A test's last line need not have an end. */
	printf("\nRESULT %s ", name);
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status) == KSFT_SKIP)
		puts("skip");
	else if (WEXITSTATUS(status))
		printf("exit %d\n", WEXITSTATUS(status));
	else
		puts("pass");
}

static void run(const char *name)
{
	/* TIME_LIMIT is of the kernel's command line. */
	time_t deadline = time(NULL) + atoi(getenv("TIME_LIMIT") ?: "0");
	pid_t pid, ended;
	int status;

	printf("RUN %s\n", name);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		setpgid(0, 0);
		execl(name, name, NULL);
		err(127, "%s", name);
	}
	do {
		usleep(10000);
		ended = waitpid(pid, &status, WNOHANG);
	} while (!ended && time(NULL) < deadline);

	if (ended)
		print_status(name, status);
	else
		printf("\nRESULT %s timeout\n", name);
	/* What a test leaves behind must not disturb the next one. */
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* On a kernel that has kmemleak. */
static void print_leaks(void)
{
	FILE *leaks = fopen("/sys/kernel/debug/kmemleak", "r+e");
	char line[256];
	int i;

	if (!leaks)
		return;

	sleep(LEAK_AGE);
	/* What has changed since the scan before is not a leak yet. */
	for (i = 0; i < 2; i++) {
		if (fputs("scan", leaks) < 0 || fflush(leaks))
			err(1, "kmemleak");
	}
	rewind(leaks);
	while (fgets(line, sizeof(line), leaks))
		fputs(line, stdout);
	puts("guest: kmemleak has scanned");
	fclose(leaks);
}

int main(void)
{
	char name[256];
	pthread_t log;
	FILE *tests;

	setvbuf(stdout, NULL, _IONBF, 0);
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	mount_at("tmpfs", "/tmp");
	mount_at("debugfs", "/sys/kernel/debug");

	log = start_log();
	tests = fopen("/tests", "re");
	if (!tests)
		err(1, "/tests");
	while (fgets(name, sizeof(name), tests)) {
		name[strcspn(name, "\n")] = '\0';
		run(name);
	}
	print_leaks();
	puts("guest: exit 0");
	fclose(stdout);
	close(STDERR_FILENO);
	pthread_join(log, NULL);
	/* QEMU's -no-reboot ends it here; powering off would need ACPI. */
	reboot(RB_AUTOBOOT);
	return 1;
}
