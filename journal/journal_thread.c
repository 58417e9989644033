// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The journal's two rings and its thread: take what the worker submitted, write and sync it as one
// batch, say so; in between, one slice of upkeep. Relies on journal_segment.c and journal_upkeep.c.

#include "journal_thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal_internal.h"

#define RING_MASK (JOURNAL_RING_RECORDS - 1)
_Static_assert((JOURNAL_RING_RECORDS & RING_MASK) == 0, "a power of two");

// Upkeep may write so many bytes for each byte of records: a new segment's zeroes and a checkpoint
// as large as a segment are done before the spares are used up.
#define UPKEEP_SHARE 3u

static uint64_t clock_us(clockid_t clock) {
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t journal_now_us(void) {
	return clock_us(CLOCK_BOOTTIME);
}

int64_t journal_unix_s(void) {
	return (int64_t)(clock_us(CLOCK_REALTIME) / 1000000);
}

void journal_say(struct journal *journal, const char *format, ...) {
	char sentence[256];
	va_list arguments;

	if (!journal->config.log)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	journal->config.log(journal->config.log_context, sentence);
}

// The worker's side -------------------------------------------------------------------------------

// done is read first: a record that moves from the ring to the failed ones in between is counted
// twice, never missed.
uint32_t journal_room(const struct journal *journal) {
	uint64_t done = atomic_load_explicit(&journal->done, memory_order_acquire);
	uint64_t failed = atomic_load_explicit(&journal->failed_head, memory_order_acquire);
	uint64_t used = atomic_load_explicit(&journal->head, memory_order_relaxed) - done + failed -
			atomic_load_explicit(&journal->failed_tail, memory_order_relaxed);

	return used < JOURNAL_RING_RECORDS ? (uint32_t)(JOURNAL_RING_RECORDS - used) : 0;
}

static void wake_thread(struct journal *journal) {
	uint64_t one = 1;

	if (atomic_load(&journal->asleep) && atomic_exchange(&journal->asleep, 0))
		(void)!write(journal->event_fd, &one, sizeof(one));
}

int journal_submit(struct journal *journal, const struct journal_record *records, uint32_t count) {
	uint64_t head = atomic_load_explicit(&journal->head, memory_order_relaxed);

	if (count > journal_room(journal))
		return -ENOBUFS;
	for (uint32_t i = 0; i < count; i++)
		if (records[i].lsn < (i ? records[i - 1].lsn + 1 : journal->next_lsn))
			return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		journal->ring[(head + i) & RING_MASK] = records[i];
	if (count)
		journal->next_lsn = records[count - 1].lsn + 1;
	// Sequentially consistent, as is the thread's look at head after it has set asleep: one of
	// the two sees the other.
	atomic_store(&journal->head, head + count);
	wake_thread(journal);
	return 0;
}

uint64_t journal_durable(const struct journal *journal) {
	return atomic_load_explicit(&journal->settled_lsn, memory_order_acquire);
}

bool journal_failed_pop(struct journal *journal, struct journal_record *record) {
	uint64_t tail = atomic_load_explicit(&journal->failed_tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&journal->failed_head, memory_order_acquire))
		return false;
	*record = journal->failed[tail & RING_MASK];
	atomic_store_explicit(&journal->failed_tail, tail + 1, memory_order_release);
	return true;
}

bool journal_degraded(const struct journal *journal) {
	return atomic_load_explicit(&journal->config.block->degraded, memory_order_acquire);
}

// The thread's side -------------------------------------------------------------------------------

static void wake_worker(const struct journal *journal) {
	uint64_t one = 1;

	if (journal->config.wake_fd >= 0)
		(void)!write(journal->config.wake_fd, &one, sizeof(one));
}

static void degrade(struct journal *journal, int err) {
	struct journal_block *block = journal->config.block;

	atomic_store_explicit(&block->last_errno, (uint64_t)-err, memory_order_relaxed);
	atomic_store_explicit(&block->degraded, 1, memory_order_release);
	if (journal->failing_since_us)
		return;
	journal->failing_since_us = journal_now_us();
	journal_say(journal,
		"lease journal: cannot write: %s: no lease is given or prolonged until it can; "
		"check the disk "
		"of state_dir",
		strerror(-err));
}

static void restore_service(struct journal *journal) {
	atomic_store_explicit(&journal->config.block->degraded, 0, memory_order_release);
	if (!journal->failing_since_us)
		return;
	journal_say(journal, "lease journal: works again after %.1f s, in segment %llu",
		(double)(journal_now_us() - journal->failing_since_us) / 1e6,
		(unsigned long long)journal->segment.epoch);
	journal->failing_since_us = 0;
}

static uint64_t retry_at_us(const struct journal *journal) {
	return journal->failing_since_us ? journal->tried_us + 1000ULL * JOURNAL_RETRY_MS : 0;
}

// A segment with room, if one can be had: at once after a first failure, then every
// JOURNAL_RETRY_MS.
static void ensure_segment(struct journal *journal) {
	int err;

	if (journal->segment.fd >= 0 && journal->segment.at < journal->segment_records)
		return;
	journal_segment_close(journal);
	if (retry_at_us(journal) > journal_now_us())
		return;
	err = journal_segment_open(journal);
	if (journal->failing_since_us)
		journal->tried_us = journal_now_us();
	if (err)
		degrade(journal, err);
	else
		restore_service(journal);
}

// An lsn that nobody submitted: in a segment they rise by one, so another one begins.
static void follow_gap(struct journal *journal) {
	const struct journal_record *next = &journal->ring[journal->taken & RING_MASK];

	if (atomic_load(&journal->head) == journal->taken || next->lsn == journal->first_lsn)
		return;
	journal_segment_close(journal);
	journal->first_lsn = next->lsn;
}

// Copies up to most records out of the ring, the first of which is first_lsn, up to a gap.
static uint32_t take(
	struct journal *journal, struct journal_record *out, uint32_t most, uint64_t first_lsn) {
	uint64_t left = atomic_load(&journal->head) - journal->taken;
	uint32_t limit = (uint32_t)(left < most ? left : most);
	uint32_t count = 0;

	for (; count < limit; count++) {
		out[count] = journal->ring[(journal->taken + count) & RING_MASK];
		if (out[count].lsn != first_lsn + count)
			break;
	}
	journal->taken += count;
	return count;
}

// A batch ends when the ring runs dry, when it or the segment is full, or JOURNAL_LINGER_US after
// its first record.
static uint32_t collect(struct journal *journal) {
	uint32_t most = JOURNAL_BATCH_MAX;
	uint32_t count;
	uint64_t until_us;

	if (journal->segment.fd >= 0 && most > journal->segment_records - journal->segment.at)
		most = journal->segment_records - journal->segment.at;
	count = take(journal, journal->batch, most, journal->first_lsn);
	if (!count)
		return 0;
	until_us = journal_now_us() + JOURNAL_LINGER_US;
	while (count < most && journal_now_us() < until_us) {
		uint32_t more = take(
			journal, journal->batch + count, most - count, journal->first_lsn + count);

		if (!more)
			break;
		count += more;
	}
	return count;
}

static void settle_durable(struct journal *journal, uint32_t count) {
	struct journal_block *block = journal->config.block;

	for (uint32_t i = 0; i < count; i++)
		journal_mirror_put(&journal->mirror, &journal->batch[i]);
	journal->durable_lsn = journal->batch[count - 1].lsn;
	journal_count(&block->batches, 1);
	journal_count(&block->records, count);
	journal_count(&block->bytes, (uint64_t)count * JOURNAL_RECORD_BYTES);
	atomic_store_explicit(&block->durable_lsn, journal->durable_lsn, memory_order_release);
}

static void settle_failed(struct journal *journal, uint32_t count) {
	uint64_t head = atomic_load_explicit(&journal->failed_head, memory_order_relaxed);

	journal->batch[0].flags = 0;
	journal_seal(&journal->batch[0]);
	for (uint32_t i = 0; i < count; i++)
		journal->failed[(head + i) & RING_MASK] = journal->batch[i];
	atomic_store_explicit(&journal->failed_head, head + count, memory_order_release);
	journal_count(&journal->config.block->failed, count);
}

// Makes the batch durable or hands it back. Failed records are in their ring before settled_lsn
// says so, and before done moves.
static void settle(struct journal *journal, uint32_t count) {
	int err = -EIO;

	if (journal->segment.fd >= 0) {
		err = journal_mirror_reserve(journal, count);
		if (!err)
			err = journal_segment_append(journal, count);
		else
			journal_segment_close(journal);
		if (err)
			degrade(journal, err);
	}
	journal->first_lsn = journal->batch[count - 1].lsn + 1;
	if (err)
		settle_failed(journal, count);
	else
		settle_durable(journal, count);
	atomic_store_explicit(&journal->settled_lsn, journal->first_lsn - 1, memory_order_release);
	atomic_store_explicit(&journal->done, journal->taken, memory_order_release);
	wake_worker(journal);
}

// After a small batch the next one gathers until gather_us after the small one began, and nobody
// wakes the thread meanwhile. A sync of an idle disk takes a third of that: without this a few
// thousand leases a second cost as many syncs and wakes of worker and clients as the disk can make.
static void gather(const struct journal *journal, uint64_t began_us, uint32_t count) {
	uint32_t gather_us = journal->config.gather_us;
	uint64_t spent_us = journal_now_us() - began_us;
	struct timespec left;

	if (count >= JOURNAL_GATHER_BELOW || spent_us >= gather_us)
		return;
	left = (struct timespec){.tv_nsec = (long)(gather_us - spent_us) * 1000};
	nanosleep(&left, NULL);
}

// Under load the ring never runs dry: upkeep gets its share by bytes.
static void upkeep_by_share(struct journal *journal, uint32_t count) {
	journal->upkeep_credit += (uint64_t)count * JOURNAL_RECORD_BYTES * UPKEEP_SHARE;
	if (journal->upkeep_credit < JOURNAL_SLICE_BYTES)
		return;
	journal->upkeep_credit = 0;
	journal_upkeep(journal);
}

static int sleep_ms(const struct journal *journal) {
	uint64_t now_us = journal_now_us();
	uint64_t until_us = journal_upkeep_due_us(journal);

	if (journal->segment.fd < 0 && retry_at_us(journal) < until_us)
		until_us = retry_at_us(journal);
	if (until_us == UINT64_MAX)
		return -1;
	return until_us > now_us ? (int)((until_us - now_us + 999) / 1000) : 0;
}

static void doze(struct journal *journal) {
	struct pollfd poll_fd = {.fd = journal->event_fd, .events = POLLIN};
	uint64_t woken;

	atomic_store(&journal->asleep, 1);
	if (atomic_load(&journal->head) == journal->taken && !atomic_load(&journal->stopping))
		poll(&poll_fd, 1, sleep_ms(journal));
	atomic_store(&journal->asleep, 0);
	(void)!read(journal->event_fd, &woken, sizeof(woken));
}

static bool finished(const struct journal *journal) {
	return atomic_load(&journal->stopping) && atomic_load(&journal->head) == journal->taken;
}

static void *run(void *argument) {
	struct journal *journal = argument;

	while (!finished(journal)) {
		uint64_t began_us;
		uint32_t count;

		follow_gap(journal);
		ensure_segment(journal);
		count = collect(journal);
		if (count) {
			began_us = journal_now_us();
			settle(journal, count);
			upkeep_by_share(journal, count);
			gather(journal, began_us, count);
		} else if (!journal_upkeep(journal)) {
			doze(journal);
		}
	}
	return NULL;
}

// Start and end -----------------------------------------------------------------------------------

int journal_start(struct journal *journal) {
	sigset_t all;
	sigset_t before;
	int err;

	journal->started = true;
	// Signals are for the main thread.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&journal->thread, NULL, run, journal);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err) {
		journal->started = false;
		return -err;
	}
	pthread_setname_np(journal->thread, "rouse-journal");
	return 0;
}

void journal_stop(struct journal *journal) {
	if (!journal->started)
		return;
	atomic_store(&journal->stopping, 1);
	wake_thread(journal);
	pthread_join(journal->thread, NULL);
	journal->started = false;
}
