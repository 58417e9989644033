// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Replay of images in memory: cut at every byte, damaged, of several epochs.

#include "journal_replay.h"

#include <errno.h>

#include "crc32c.h"
#include "shm_abi.h"
#include "unit.h"

#define TAIL    1024u // records in the last 64 KiB
#define RECORDS (TAIL + 76u)
#define SIZE    4096u

// A segment as it is on disk: header, then records.
struct image {
	struct journal_header header;
	struct journal_record record[RECORDS];
};
_Static_assert(sizeof(struct image) == 64 * (RECORDS + 1), "image");

struct bench {
	struct journal_mirror mirror;
	struct journal_replay replay;
};

static struct bench *bench_new(void) {
	struct bench *bench = calloc(1, sizeof(*bench));
	void *memory = aligned_alloc(64, (journal_mirror_bytes(SIZE) + 63) & ~(size_t)63);

	assert_true(bench && memory);
	journal_mirror_init(&bench->mirror, memory, SIZE);
	journal_replay_init(&bench->replay, &bench->mirror);
	return bench;
}

static void bench_reset(struct bench *bench) {
	journal_mirror_clear(&bench->mirror);
	journal_replay_init(&bench->replay, &bench->mirror);
}

static void bench_free(struct bench *bench) {
	free(bench->mirror.records);
	free(bench);
}

// Leases, and each fifth an order.
static struct journal_record record_of(uint64_t lsn, bool batch_first) {
	struct journal_record record = {
		.lsn = lsn,
		.address = (uint32_t)(lsn % 3000) + 1,
		.expiry_unix_s = (int64_t)lsn,
		.state = LEASE_BOUND,
		.hlen = 6,
		.htype = 1,
	};

	if (lsn % 5 == 0)
		record = journal_order_used(lsn, (uint32_t)(lsn % 3000), lsn, 1);
	record.flags = batch_first ? JOURNAL_BATCH_FIRST : 0;
	journal_seal(&record);
	return record;
}

// count records from first_lsn on, in batches of batch, the rest zeroes.
static struct image *image_new(
	uint64_t epoch, uint64_t first_lsn, uint64_t durable_lsn, uint32_t count, uint32_t batch) {
	struct image *image = calloc(1, sizeof(*image));

	assert_non_null(image);
	image->header = (struct journal_header){.kind = JOURNAL_SEGMENT,
		.epoch = epoch,
		.first_lsn = first_lsn,
		.durable_lsn = durable_lsn};
	journal_seal_header(&image->header);
	for (uint32_t i = 0; i < count; i++)
		image->record[i] = record_of(first_lsn + i, i % batch == 0);
	return image;
}

// Feeds what len bytes of the image hold, in pieces of odd size.
static void feed(struct bench *bench, const struct image *image, size_t len, uint64_t end_lsn) {
	size_t count = len / 64 ? len / 64 - 1 : 0;

	journal_replay_segment(&bench->replay, &image->header, end_lsn);
	for (size_t at = 0; at < count;) {
		size_t piece = count - at < 777 ? count - at : 777;

		assert_int_equal(
			journal_replay_segment_feed(&bench->replay, image->record + at, piece), 0);
		at += piece;
	}
}

// Replays a file that was cut at every byte of its last 64 KiB. zeroed: what is cut off reads as
// zeroes, as it does in a segment that was preallocated.
static void cut_everywhere(bool zeroed) {
	struct bench *bench = bench_new();
	struct image *whole = image_new(1, 1, 0, RECORDS, 7);
	struct image *cut = image_new(1, 1, 0, RECORDS, 7);
	uint8_t *bytes = (uint8_t *)cut;

	for (size_t at = sizeof(*cut); at-- > sizeof(*cut) - 64 * TAIL;) {
		size_t expected = (at - 64) / 64;

		bytes[at] = zeroed ? 0 : (uint8_t)~bytes[at];
		// The last bytes of a checksum can be zero by chance: then nothing is missing.
		if (zeroed && !memcmp(&cut->record[expected], &whole->record[expected], 64))
			expected++;
		bench_reset(bench);
		feed(bench, cut, zeroed ? sizeof(*cut) : at, UINT64_MAX);
		if (bench->replay.last_lsn != expected || bench->replay.damaged)
			fail_msg("cut at byte %zu: recovered to %llu instead of %zu%s", at,
				(unsigned long long)bench->replay.last_lsn, expected,
				bench->replay.damaged ? ", and called damaged" : "");
		assert_int_equal(bench->mirror.count, expected);
	}
	free(cut);
	free(whole);
	bench_free(bench);
}

static void files_cut_at_every_byte(void **state) {
	(void)state;
	cut_everywhere(false);
}

static void zero_tails_from_every_byte(void **state) {
	(void)state;
	cut_everywhere(true);
}

// A bit flipped in a batch that another one follows is damage; in the last batch it looks as a torn
// tail.
static void flipped_bits_are_found(void **state) {
	struct bench *bench = bench_new();
	struct image *image = image_new(1, 1, 0, 100, 10);

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		for (size_t bit = 0; bit < 512; bit += 37) {
			((uint8_t *)&image->record[i])[bit / 8] ^= (uint8_t)(1u << bit % 8);
			bench_reset(bench);
			feed(bench, image, sizeof(*image), UINT64_MAX);
			if (bench->replay.last_lsn != i || bench->replay.damaged != (i < 90))
				fail_msg("record %u, bit %zu: to %llu, damaged %d", i, bit,
					(unsigned long long)bench->replay.last_lsn,
					bench->replay.damaged);
			((uint8_t *)&image->record[i])[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	free(image);
	bench_free(bench);
}

// After a torn batch of which only later sectors came to disk, new lsns are above all that can be
// seen.
static void a_torn_batch_does_not_lend_its_lsns(void **state) {
	struct bench *bench = bench_new();
	struct image *image = image_new(1, 1, 0, 30, 10);

	(void)state;
	memset(&image->record[22], 0, 3 * sizeof(image->record[0]));
	feed(bench, image, sizeof(*image), UINT64_MAX);
	assert_int_equal(bench->replay.last_lsn, 22);
	assert_int_equal(bench->replay.seen_lsn, 30);
	assert_false(bench->replay.damaged);
	free(image);
	bench_free(bench);
}

// Records 11 to 20 had failed, and are on disk nevertheless; the next segment's header voids them,
// whether it goes on with new lsns or, after a restart, with the same ones.
static void failed_batches_are_void(void **state) {
	static const struct {
		const char *name;
		uint64_t first_lsn;
	} cases[] = {{"new lsns", 21}, {"the same lsns", 11}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct bench *bench = bench_new();
		struct image *old = image_new(1, 1, 0, 20, 10);
		struct image *new = image_new(2, cases[i].first_lsn, 10, 5, 5);
		struct journal_header headers[2] = {old->header, new->header};
		uint64_t end_lsn[2];

		new->record[0].address = 2000; // another lease than the failed one
		journal_seal(&new->record[0]);
		journal_replay_limits(headers, 2, end_lsn);
		feed(bench, old, sizeof(*old), end_lsn[0]);
		feed(bench, new, sizeof(*new), end_lsn[1]);
		assert_case(cases[i].name, bench->replay.voided == 10);
		assert_case(cases[i].name, !bench->replay.damaged);
		assert_case(cases[i].name, bench->replay.last_lsn == cases[i].first_lsn + 4);
		assert_case(cases[i].name, !journal_mirror_find(&bench->mirror, 21 % 3000));
		assert_case(cases[i].name,
			journal_mirror_find(&bench->mirror, 2000)->lsn == cases[i].first_lsn);
		free(new);
		free(old);
		bench_free(bench);
	}
}

static void a_missing_segment_is_damage(void **state) {
	struct bench *bench = bench_new();
	struct image *first = image_new(1, 1, 0, 10, 5);
	struct image *third = image_new(3, 21, 20, 10, 5);

	(void)state;
	feed(bench, first, sizeof(*first), 20);
	assert_false(bench->replay.damaged);
	feed(bench, third, sizeof(*third), UINT64_MAX);
	assert_true(bench->replay.damaged);
	assert_int_equal(bench->replay.last_lsn, 30);
	free(third);
	free(first);
	bench_free(bench);
}

static void senseless_records_are_left_out(void **state) {
	struct bench *bench = bench_new();
	struct image *image = image_new(1, 1, 0, 10, 5);

	(void)state;
	image->record[4].state = 77;
	journal_seal(&image->record[4]);
	feed(bench, image, sizeof(*image), UINT64_MAX);
	assert_int_equal(bench->replay.last_lsn, 10);
	assert_int_equal(bench->replay.dropped, 1);
	assert_int_equal(bench->mirror.count, 9);
	assert_false(bench->replay.damaged);
	free(image);
	bench_free(bench);
}

// Of a slot the order that was used last, as far as the file is whole.
static void the_last_order_of_a_slot_counts(void **state) {
	struct bench *bench = bench_new();
	struct image *image = image_new(1, 1, 0, 10, 1);

	(void)state;
	for (uint64_t lsn = 2; lsn <= 10; lsn += 2) {
		struct journal_record *record = &image->record[lsn - 1];

		*record = journal_order_used(lsn, 7, 1000 + lsn, 1);
		record->flags = JOURNAL_BATCH_FIRST;
		journal_seal(record);
	}
	for (uint64_t end = 2; end <= 10; end++) {
		bench_reset(bench);
		feed(bench, image, 64 * (end + 1) + 63, UINT64_MAX); // and a torn record
		assert_int_equal(journal_order_id(journal_mirror_find_order(&bench->mirror, 7)),
			1000 + end / 2 * 2);
		assert_null(journal_mirror_find(&bench->mirror, 7));
	}
	free(image);
	bench_free(bench);
}

static void a_full_mirror_is_said(void **state) {
	struct bench *bench = bench_new();
	struct image *image = image_new(1, 1, 0, 10, 5);

	(void)state;
	bench->mirror.size = 4;
	journal_replay_segment(&bench->replay, &image->header, UINT64_MAX);
	assert_int_equal(journal_replay_segment_feed(&bench->replay, image->record, 10), -ENOSPC);
	free(image);
	bench_free(bench);
}

// Checkpoints -------------------------------------------------------------------------------------

#define KEPT 50u

struct checkpoint {
	struct journal_header header;
	struct journal_record record[KEPT];
	struct journal_header trailer;
};

static struct checkpoint *checkpoint_new(uint64_t durable_lsn) {
	struct checkpoint *checkpoint = calloc(1, sizeof(*checkpoint));

	assert_non_null(checkpoint);
	for (uint32_t i = 0; i < KEPT; i++)
		checkpoint->record[i] = record_of(i + 1, false);
	checkpoint->header = (struct journal_header){
		.kind = JOURNAL_CHECKPOINT, .epoch = 9, .durable_lsn = durable_lsn, .count = KEPT};
	checkpoint->trailer = checkpoint->header;
	checkpoint->trailer.kind = JOURNAL_CHECKPOINT_END;
	checkpoint->trailer.sum = crc32c(0, checkpoint->record, sizeof(checkpoint->record));
	journal_seal_header(&checkpoint->header);
	journal_seal_header(&checkpoint->trailer);
	return checkpoint;
}

static int feed_checkpoint(struct bench *bench, const struct checkpoint *checkpoint, size_t count) {
	int err;

	bench_reset(bench);
	if (journal_check_header(&checkpoint->header, JOURNAL_CHECKPOINT))
		return -EBADMSG;
	journal_replay_checkpoint(&bench->replay, &checkpoint->header);
	err = journal_replay_checkpoint_feed(&bench->replay, checkpoint->record, count / 2);
	if (!err)
		err = journal_replay_checkpoint_feed(
			&bench->replay, checkpoint->record + count / 2, count - count / 2);
	return err ? err : journal_replay_checkpoint_end(&bench->replay, &checkpoint->trailer);
}

static void checkpoints_count_only_whole(void **state) {
	struct checkpoint *checkpoint = checkpoint_new(60);
	struct bench *bench = bench_new();

	(void)state;
	assert_int_equal(feed_checkpoint(bench, checkpoint, KEPT), 0);
	assert_int_equal(bench->replay.last_lsn, 60);
	assert_int_equal(bench->mirror.count, KEPT);
	for (uint32_t count = 0; count < KEPT; count++)
		if (feed_checkpoint(bench, checkpoint, count) != -EBADMSG)
			fail_msg("cut after %u records: believed", count);
	for (size_t bit = 0; bit < 8 * sizeof(*checkpoint); bit++) {
		((uint8_t *)checkpoint)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (feed_checkpoint(bench, checkpoint, KEPT) != -EBADMSG)
			fail_msg("bit %zu flipped: believed", bit);
		((uint8_t *)checkpoint)[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(checkpoint);
	bench_free(bench);
}

// A whole file, but put together from two.
static void checkpoints_and_trailers_belong_together(void **state) {
	static const struct {
		const char *name;
		size_t offset;
	} cases[] = {
		{"epoch", offsetof(struct journal_header, epoch)},
		{"count", offsetof(struct journal_header, count)},
		{"durable_lsn", offsetof(struct journal_header, durable_lsn)},
		{"sum", offsetof(struct journal_header, sum)},
	};
	struct bench *bench = bench_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct checkpoint *checkpoint = checkpoint_new(60);

		((uint8_t *)&checkpoint->trailer)[cases[i].offset] ^= 1;
		journal_seal_header(&checkpoint->trailer);
		assert_case(cases[i].name, feed_checkpoint(bench, checkpoint, KEPT) == -EBADMSG);
		free(checkpoint);
	}
	bench_free(bench);
}

// A hole in what the checkpoint holds costs nothing; replay goes on behind it.
static void the_tail_follows_the_checkpoint(void **state) {
	struct checkpoint *checkpoint = checkpoint_new(60);
	struct image *image = image_new(8, 41, 40, 40, 10);
	struct bench *bench = bench_new();

	(void)state;
	assert_int_equal(feed_checkpoint(bench, checkpoint, KEPT), 0);
	memset(&image->record[5], 0, 3 * sizeof(image->record[0]));
	feed(bench, image, sizeof(*image), UINT64_MAX);
	assert_int_equal(bench->replay.last_lsn, 80);
	assert_false(bench->replay.damaged);
	assert_int_equal(bench->mirror.count, KEPT + 20);
	free(image);
	free(checkpoint);
	bench_free(bench);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_cut_at_every_byte),
		cmocka_unit_test(zero_tails_from_every_byte),
		cmocka_unit_test(flipped_bits_are_found),
		cmocka_unit_test(a_torn_batch_does_not_lend_its_lsns),
		cmocka_unit_test(failed_batches_are_void),
		cmocka_unit_test(a_missing_segment_is_damage),
		cmocka_unit_test(senseless_records_are_left_out),
		cmocka_unit_test(the_last_order_of_a_slot_counts),
		cmocka_unit_test(a_full_mirror_is_said),
		cmocka_unit_test(checkpoints_count_only_whole),
		cmocka_unit_test(checkpoints_and_trailers_belong_together),
		cmocka_unit_test(the_tail_follows_the_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
