/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the benchmarks measure, and print it for scripts/bench.py.
 *
 * Under QEMU's -icount shift=0,sleep=off the clock advances a nanosecond an
 * instruction. Accesses are timed with interrupts off, so that nothing else
 * runs. What may sleep is timed with interrupts on, and of some repetitions the
 * shortest counts; while the processor waits for a grace period the clock
 * advances, too. How often it waits is how often the thread gives up its
 * processor: it has the VM to itself, so there is nothing else to sleep for.
 */
#ifndef __KVM_BENCH_MEASURE_H
#define __KVM_BENCH_MEASURE_H

#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/timex.h>

#define NR_OPS		256
#define NR_REPEATS	8

#if defined(CONFIG_ARM64)
#define TICKS(_n)	((_n) * (NSEC_PER_SEC / arch_timer_get_cntfrq()))
#elif defined(CONFIG_S390)
#define TICKS(_n)	((_n) * 125 / 128)
#else
#define TICKS(_n)	(_n)
#endif

/* @total of @nr operations; scripts/bench.py divides. */
static inline void print_row(const char *what, u64 total, unsigned int nr, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	pr_info("bench: %s %llu/%u %pV\n", what, total, nr, &vaf);
	va_end(args);
}

static inline unsigned long waits(void)
{
	return current->nvcsw;
}

/* Of what may sleep: the ticks of the shortest repetition, and the waits of all */
struct cost {
	u64 ticks;
	unsigned long waits;
	unsigned int nr;
};

#define MEASURE(_cost, _op)						\
do {									\
	unsigned long _waited = waits();				\
	u64 _start = get_cycles(), _end;				\
									\
	_op;								\
	_end = get_cycles();						\
	if (!(_cost)->nr++ || _end - _start < (_cost)->ticks)		\
		(_cost)->ticks = _end - _start;				\
	(_cost)->waits += waits() - _waited;				\
} while (0)

#define print_cost(_cost, ...)						\
do {									\
	print_row("time", TICKS((_cost)->ticks), 1, __VA_ARGS__);	\
	print_row("waits", (_cost)->waits, (_cost)->nr, __VA_ARGS__);	\
} while (0)

/* The ticks of _op for each _i below NR_OPS, of the shortest of some repetitions */
#define SHORTEST(_i, _op)						\
({									\
	u64 _best = U64_MAX;						\
	int _repeat;							\
									\
	for (_repeat = 0; _repeat < NR_REPEATS; _repeat++) {		\
		u64 _start;						\
									\
		local_irq_disable();					\
		_start = get_cycles();					\
		for (_i = 0; _i < NR_OPS; _i++)				\
			_op;						\
		_best = min_t(u64, _best, get_cycles() - _start);	\
		local_irq_enable();					\
	}								\
	_best;								\
})

#endif
