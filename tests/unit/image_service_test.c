// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The image thread with a real boot_root and a dataplane that the test plays: what is wanted comes
// into memory, others make room, nothing leaves it under a transfer, and the next thread carries
// on.

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <cmocka.h>

#include "image_region.h"
#include "image_service.h"
#include "images.h"
#include "wants.h"

#define MIB       (1u << 20)
#define MEMORY    (16u * MIB)
#define WAIT_MS   5000
#define TABLES    256u
#define LAYOUT(n) (((n) + 4095) & ~(uint64_t)4095)

static char directory[] = "/tmp/rouse-service-XXXXXX";
static char tree[64], why[IMAGE_SERVICE_WHY];
static _Atomic uint64_t want_tail[ROUSE_MAX_WORKERS];

// The dataplane: one worker.
static struct {
	struct shm_map map;
	struct worker_block *worker;
	_Atomic uint32_t *pins;
	_Atomic uint64_t *last_use;
	struct wants wants;
} played;

static struct image_service *service;
static struct shm_map region;
static struct images images;
static struct image_table *held[TABLES];
static size_t held_count;

static void notify(void *context) {
	(void)context;
}

static void write_file(const char *name, size_t size, char byte) {
	struct utimbuf old = {.actime = time(NULL) - 100, .modtime = time(NULL) - 100};
	char path[128], *bytes = malloc(size ? size : 1);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", tree, name);
	memset(bytes, byte, size);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	utime(path, &old);
	free(bytes);
}

static void start_dataplane(void) {
	uint64_t workers = ROUSE_PAGE, phases = workers + LAYOUT(sizeof(struct worker_block)),
		 sync = phases + LAYOUT(sizeof(struct phase_block)),
		 events = sync + LAYOUT(sizeof(struct hist)),
		 pins = events + LAYOUT(EVENT_RING_SIZE * sizeof(struct event_record)),
		 last_use = pins + LAYOUT(IMAGE_MAX_SLOTS * 4),
		 wants = last_use + LAYOUT(IMAGE_MAX_SLOTS * 8),
		 hits = wants + LAYOUT(WANT_RING_SIZE * 8),
		 captures = hits + LAYOUT(IMAGE_MAX_SLOTS * 8),
		 end = captures + sizeof(struct capture_ring);
	struct state_region *state;
	char path[128], reason[SHM_WHY_SIZE];
	uint8_t *base;

	snprintf(path, sizeof(path), "%s/state", directory);
	assert_int_equal(
		shm_create_region(path, ROUSE_REGION_STATE, LAYOUT(end), &played.map, reason), 0);
	base = played.map.base;
	state = played.map.base;
	state->worker_count = 1;
	state->image_slot_count = IMAGE_MAX_SLOTS;
	state->workers_offset = workers;
	state->phases_offset = phases;
	state->sync_offset = sync;
	state->events_offset = events;
	state->leases_offset = state->sessions_offset = ROUSE_PAGE;
	state->pins_offset = pins;
	state->last_use_offset = last_use;
	state->wants_offset = wants;
	state->hits_offset = hits;
	state->captures_offset = captures;
	played.worker = (struct worker_block *)(base + workers);
	played.pins = (_Atomic uint32_t *)(base + pins);
	played.last_use = (_Atomic uint64_t *)(base + last_use);
	played.wants = (struct wants){.worker = played.worker,
		.ring = (_Atomic uint64_t *)(base + wants),
		.tail = want_tail};
	atomic_store(&played.worker->policy_adopted, UINT64_MAX);
}

// A millisecond of the dataplane's life.
static void pass(void) {
	struct state_region *state = played.map.base;
	struct timespec now, ms = {.tv_nsec = 1000000};

	clock_gettime(CLOCK_BOOTTIME, &now);
	atomic_store(&state->header.heartbeat_ns,
		(uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	atomic_fetch_add(&played.worker->loops, 1);
	nanosleep(&ms, NULL);
}

static void start_service(void) {
	static const char *preload[] = {"kept*"};
	struct config config = {.runtime_dir = directory,
		.boot_root = tree,
		.memory_bytes = MEMORY,
		.preload = {.count = 1, .list = preload}};
	char path[128], reason[SHM_WHY_SIZE];

	if (image_service_start(&service, &config, want_tail, notify, NULL, why) < 0)
		fail_msg("%s", why);
	snprintf(path, sizeof(path), "%s/images", directory);
	assert_int_equal(shm_open_region(path, ROUSE_REGION_IMAGES, false, &region, reason), 0);
	assert_int_equal(images_attach(region.base, region.size, &images), 0);
}

static void stop_service(void) {
	shm_unmap(&region);
	image_service_stop(service);
}

// Publishes the latest table; NULL: there is none. Tables are held until the end, so that entries
// stay good.
static struct image_table *publish(void) {
	struct image_table *table = image_service_table(service);

	if (!table || (held_count && held[held_count - 1] == table)) {
		image_table_drop(table);
		return table;
	}
	assert_true(held_count < TABLES);
	held[held_count++] = table;
	image_service_published(service, table->version, 1);
	return table;
}

static const struct image_entry *entry_of(const char *name) {
	return image_table_find(publish(), name);
}

static bool is_in_memory(const char *name) {
	const struct image_entry *entry = entry_of(name);

	return entry && entry->served && images_is_ready(&images, entry->slot, entry->generation);
}

#define wait_until(condition)                                                                      \
	do {                                                                                       \
		int left = WAIT_MS;                                                                \
		while (!(condition) && left--)                                                     \
			pass();                                                                    \
		if (left < 0)                                                                      \
			fail_msg("not in time: %s", #condition);                                   \
	} while (0)

static bool is_complete(void) {
	const struct image_table *table = publish();

	return table && table->complete;
}

static void want(const char *name) {
	const struct image_entry *entry = entry_of(name);

	assert_true(entry && entry->served);
	assert_true(wants_push(&played.wants, IMAGE_LINK(entry->slot, entry->generation)));
}

static void use(const char *name) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	atomic_store(&played.last_use[entry_of(name)->slot],
		(uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
	pass();
}

static void check_bytes(const struct image_ref *ref, char byte) {
	const uint8_t *at;

	for (uint64_t offset = 0; offset < ref->size;) {
		size_t run = images_run(&images, ref, offset, SIZE_MAX, &at);

		assert_true(run > 0);
		for (size_t i = 0; i < run; i++)
			if (at[i] != (uint8_t)byte)
				fail_msg("not %c: byte %zu", byte, (size_t)offset + i);
		offset += run;
	}
}

static void holds(const char *name, char byte) {
	const struct image_entry *entry = entry_of(name);
	struct image_ref ref;

	assert_int_equal(images_ref(&images, entry->slot, entry->generation, &ref), 0);
	check_bytes(&ref, byte);
}

static int set_up(void **state) {
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(tree, sizeof(tree), "%s/tree", directory);
	mkdir(tree, 0755);
	write_file("kept", 3 * MIB / 2, 'k');
	write_file("a", 4 * MIB, 'a');
	write_file("b", 4 * MIB + 1, 'b');
	write_file("c", 5 * MIB, 'c');
	write_file("d", 6 * MIB, 'd');
	write_file("e", 7 * MIB, 'e');
	write_file("too-large", MEMORY + 1, 't');
	write_file("small", 100, 's');
	start_dataplane();
	start_service();
	return 0;
}

static int tear_down(void **state) {
	char command[128], path[IMAGE_REGION_PATH];

	(void)state;
	stop_service();
	while (held_count)
		image_table_drop(held[--held_count]);
	shm_unmap(&played.map);
	unlink(image_region_path("/dev/shm", directory, path));
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static void what_fits_is_loaded_preloaded_files_first(void **state) {
	(void)state;
	wait_until(is_complete());
	assert_true(is_in_memory("kept") && is_in_memory("small") && is_in_memory("a"));
	assert_true(is_in_memory("b"));
	assert_false(is_in_memory("c") || is_in_memory("d") || is_in_memory("e"));
	assert_int_equal(entry_of("e")->state, POLICY_NAME_SERVED);
	assert_true(entry_of("kept")->preload);
}

static void what_is_larger_than_memory_is_refused(void **state) {
	(void)state;
	assert_false(entry_of("too-large")->served);
	assert_int_equal(entry_of("too-large")->state, POLICY_NAME_NO_MEMORY);
	assert_string_equal(entry_of("too-large")->reason, "it does not fit memory:");
}

static void what_is_wanted_makes_others_leave(void **state) {
	(void)state;
	use("b");
	use("small");
	want("c");
	wait_until(is_in_memory("c"));
	holds("c", 'c');
	assert_false(is_in_memory("a")); // used before b
	assert_true(is_in_memory("kept") && is_in_memory("small"));
}

static void what_a_transfer_reads_stays(void **state) {
	const struct image_entry *c = entry_of("c");
	struct image_ref ref;

	(void)state;
	atomic_fetch_add(&played.pins[c->slot], 1);
	assert_int_equal(images_ref(&images, c->slot, c->generation, &ref), 0);
	use("c");
	for (int i = 0; i < 3; i++) {
		want(i % 2 ? "e" : "d");
		wait_until(is_in_memory(i % 2 ? "e" : "d"));
		use(i % 2 ? "e" : "d");
		assert_true(images_valid(&images, &ref));
		check_bytes(&ref, 'c');
	}
	atomic_fetch_sub(&played.pins[c->slot], 1);
}

static void a_file_comes_back_as_the_same_version(void **state) {
	uint64_t generation = entry_of("a")->generation;
	struct image_residency now;

	(void)state;
	want("a");
	wait_until(is_in_memory("a"));
	holds("a", 'a');
	assert_int_equal(entry_of("a")->generation, generation);
	wait_until(image_service_look(service, entry_of("a")->slot, generation, &now));
	assert_int_equal(now.state, IMAGE_READY);
	assert_true(now.loaded_unix_ns > 0);
}

// A client that gave up is not served; nonsense in the ring does no harm.
static void senseless_wants_are_passed_over(void **state) {
	(void)state;
	wants_push(&played.wants, IMAGE_LINK(60000, 1));
	wants_push(&played.wants, IMAGE_LINK(60000, 1) | WANT_NETASCII);
	wants_push(&played.wants, IMAGE_LINK(entry_of("d")->slot, 12345));
	wants_push(&played.wants, IMAGE_LINK(entry_of("d")->slot, 12345) | WANT_NETASCII);
	wants_push(&played.wants, IMAGE_LINK(900, 1));
	want("b");
	wait_until(is_in_memory("b"));
	assert_true(atomic_load(&want_tail[0]) == atomic_load(&played.worker->want_head));
}

// The room of both versions is not there at once: the old one goes first.
static void a_changed_file_is_replaced(void **state) {
	uint32_t slot;

	(void)state;
	want("e");
	wait_until(is_in_memory("e"));
	slot = entry_of("e")->slot;
	write_file("e", 10 * MIB, 'E');
	wait_until(entry_of("e")->slot != slot && is_in_memory("e"));
	holds("e", 'E');
}

// As by `cp` into boot_root, while the whole room is asking.
static void a_file_that_is_being_written_is_waited_for(void **state) {
	char path[128];

	(void)state;
	write_file("fresh", MIB, 'f');
	snprintf(path, sizeof(path), "%s/fresh", tree);
	wait_until((utime(path, NULL), entry_of("fresh")));
	for (int asked = 0; asked < 1000 && !is_in_memory("fresh"); asked++) {
		assert_int_equal(entry_of("fresh")->state, POLICY_NAME_SERVED);
		want("fresh");
		pass();
	}
	wait_until(is_in_memory("fresh"));
	holds("fresh", 'f');
	unlink(path);
}

static const struct image_entry *variant_of(const char *name) {
	const struct image_table *table = publish();

	for (size_t i = 0; table && i < table->netascii_count; i++)
		if (!strcmp(table->netascii[i].path, name))
			return &table->netascii[i];
	return NULL;
}

static void want_netascii(const char *name) {
	const struct image_entry *entry = entry_of(name);

	assert_true(wants_push(
		&played.wants, IMAGE_LINK(entry->slot, entry->generation) | WANT_NETASCII));
}

// As a worker finds it.
static bool is_converted(const char *name, struct image_ref *ref) {
	const struct image_entry *entry = entry_of(name);
	uint64_t generation = entry->generation;
	uint32_t slot = entry->slot;

	return images_netascii(&images, &slot, &generation) == 0 &&
	       images_ref(&images, slot, generation, ref) == 0;
}

static void check_text(const struct image_ref *ref, const char *text, size_t len) {
	const uint8_t *at;

	assert_int_equal(ref->size, len);
	assert_int_equal(images_run(&images, ref, 0, ref->size, &at), ref->size);
	assert_memory_equal(at, text, ref->size);
}

static void a_file_is_converted_when_somebody_asks(void **state) {
	struct image_ref ref;

	(void)state;
	write_file("lines", 3, '\n');
	wait_until(entry_of("lines") && entry_of("lines")->served);
	assert_null(variant_of("lines"));
	want_netascii("lines");
	wait_until(is_converted("lines", &ref));
	check_text(&ref, "\r\n\r\n\r\n", 6);
	wait_until(variant_of("lines"));
	assert_int_equal(variant_of("lines")->slot, ref.slot);
	assert_int_equal(variant_of("lines")->size, 6);
}

static void a_changed_file_has_another_variant(void **state) {
	struct image_ref old, ref;

	(void)state;
	assert_true(is_converted("lines", &old));
	write_file("lines", 2, '\r');
	// A worker that waits asks again when a snapshot names another slot.
	wait_until((want_netascii("lines"), is_converted("lines", &ref)) && ref.size == 4);
	check_text(&ref, "\r\0\r\0", 4);
	assert_true(ref.slot != old.slot || ref.generation != old.generation);
}

static void what_is_too_large_is_not_converted(void **state) {
	uint64_t generation;
	uint32_t slot;

	(void)state;
	write_file("breaks", 15 * MIB, '\n');
	wait_until(entry_of("breaks") && entry_of("breaks")->served);
	want_netascii("breaks"); // 30 MiB
	slot = entry_of("breaks")->slot;
	generation = entry_of("breaks")->generation;
	wait_until(images_netascii(&images, &slot, &generation) == -EFBIG);
	assert_null(variant_of("breaks"));
}

static void variants_leave_and_come_back_too(void **state) {
	struct image_ref ref, again;

	(void)state;
	write_file("text", 3 * MIB, 't');
	wait_until(entry_of("text") && entry_of("text")->served);
	want_netascii("text");
	wait_until(is_converted("text", &ref));
	check_bytes(&ref, 't');
	for (int i = 0; i < 3; i++) {
		want(i % 2 ? "d" : "c");
		wait_until(is_in_memory(i % 2 ? "d" : "c"));
		use(i % 2 ? "d" : "c");
	}
	want("b");
	wait_until(is_in_memory("b"));
	assert_false(is_converted("text", &again));
	want_netascii("text");
	wait_until(is_converted("text", &again));
	assert_int_equal(again.slot, ref.slot);
	assert_int_equal(again.generation, ref.generation);
	check_bytes(&again, 't');
}

// The next thread finds them by what their files' slots say.
static void variants_are_adopted(void **state) {
	const struct image_table *former = publish();
	struct image_ref before, after;

	(void)state;
	assert_true(is_converted("lines", &before) || is_converted("text", &before));
	assert_true(is_converted("text", &before));
	stop_service();
	start_service();
	wait_until(publish() != former && is_complete());
	wait_until(variant_of("text"));
	assert_true(is_converted("text", &after));
	assert_int_equal(after.slot, before.slot);
	assert_int_equal(after.generation, before.generation);
}

static void the_next_thread_carries_on(void **state) {
	uint64_t generation = entry_of("a")->generation;
	uint32_t slot = entry_of("a")->slot;
	const struct image_table *former = publish();

	(void)state;
	assert_false(is_in_memory("a"));
	stop_service();
	wants_push(&played.wants, IMAGE_LINK(slot, generation)); // while nobody listens
	start_service();
	wait_until(publish() != former && is_complete());
	assert_int_equal(entry_of("a")->slot, slot);
	assert_int_equal(entry_of("a")->generation, generation);
	wait_until(is_in_memory("a"));
	holds("a", 'a');
}

// --- rendered texts

static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
static uint64_t rendered_version;

// Gives the service a set of texts of so many bytes of one kind each: "ab" is two texts.
static void render(const char *bytes, size_t size) {
	struct rendered_set *set = rendered_set_new(++rendered_version);
	char *text = malloc(size), name[2] = "";

	for (; *bytes; bytes++) {
		struct rendered_text *made;

		memset(text, *bytes, size);
		name[0] = *bytes;
		made = rendered_text_new(text, size);
		assert_true(rendered_set_add(set, mac, false, name, made));
		rendered_text_drop(made);
	}
	free(text);
	rendered_set_finish(set);
	image_service_render(service, set);
	rendered_set_drop(set);
}

// Where the text of such bytes is; false while the latest table has none, or no place for it.
static bool find_text(char byte, struct image_rendered_place *place) {
	const struct image_table *table = publish();
	const struct rendered_set *set = table ? table->rendered : NULL;

	if (!set || set->version != rendered_version)
		return false;
	for (size_t i = 0; i < set->text_count; i++) {
		if (set->texts[i]->bytes[0] != byte)
			continue;
		*place = table->rendered_places[i];
		return place->served;
	}
	return false;
}

static bool text_is_ready(const struct image_rendered_place *place) {
	return images_is_ready(&images, place->slot, place->generation);
}

static void check_rendered(const struct image_rendered_place *place, char byte, size_t size) {
	struct image_ref ref;

	assert_int_equal(images_ref(&images, place->slot, place->generation, &ref), 0);
	assert_int_equal(ref.size, size);
	check_bytes(&ref, byte);
}

static void texts_are_served_as_long_as_a_set_has_them(void **state) {
	struct image_rendered_place a, b, again, next;

	(void)state;
	render("AB", 1000);
	wait_until(find_text('A', &a) && find_text('B', &b));
	check_rendered(&a, 'A', 1000);
	check_rendered(&b, 'B', 1000);
	render("BC", 1000); // A has become C
	wait_until(find_text('C', &next) && find_text('B', &again));
	check_rendered(&next, 'C', 1000);
	assert_int_equal(again.slot, b.slot);
	assert_int_equal(again.generation, b.generation);
	wait_until((publish(), !text_is_ready(&a)));
	render("B", 1000);
	wait_until(find_text('B', &again));
	wait_until((publish(), !text_is_ready(&next)));
	assert_int_equal(again.slot, b.slot);
	check_rendered(&again, 'B', 1000);
}

static void texts_find_their_slots_after_a_restart(void **state) {
	struct image_rendered_place before, after, gone;

	(void)state;
	render("BD", 1000);
	wait_until(find_text('B', &before) && find_text('D', &gone));
	stop_service();
	start_service();
	render("B", 1000);
	wait_until(find_text('B', &after));
	assert_int_equal(after.slot, before.slot);
	assert_int_equal(after.generation, before.generation);
	check_rendered(&after, 'B', 1000);
	wait_until((publish(), !text_is_ready(&gone)));
}

// Nothing but the text can make room for what is wanted; it comes back as soon as that may go.
static void a_text_that_was_evicted_comes_back(void **state) {
	struct image_rendered_place text, again;

	(void)state;
	wait_until(is_complete());
	write_file("large", 15 * MIB, 'l');
	wait_until(entry_of("large") && entry_of("large")->served);
	render("T", MIB);
	wait_until(find_text('T', &text));
	want("large");
	wait_until(!text_is_ready(&text));
	wait_until(find_text('T', &again) && text_is_ready(&again));
	check_rendered(&again, 'T', MIB);
	assert_int_equal(again.slot, text.slot);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_loaded_preloaded_files_first),
		cmocka_unit_test(what_is_larger_than_memory_is_refused),
		cmocka_unit_test(what_is_wanted_makes_others_leave),
		cmocka_unit_test(what_a_transfer_reads_stays),
		cmocka_unit_test(a_file_comes_back_as_the_same_version),
		cmocka_unit_test(senseless_wants_are_passed_over),
		cmocka_unit_test(a_changed_file_is_replaced),
		cmocka_unit_test(a_file_that_is_being_written_is_waited_for),
		cmocka_unit_test(the_next_thread_carries_on),
		cmocka_unit_test(a_file_is_converted_when_somebody_asks),
		cmocka_unit_test(a_changed_file_has_another_variant),
		cmocka_unit_test(variants_leave_and_come_back_too),
		cmocka_unit_test(variants_are_adopted),
		cmocka_unit_test(what_is_too_large_is_not_converted),
		cmocka_unit_test(texts_are_served_as_long_as_a_set_has_them),
		cmocka_unit_test(texts_find_their_slots_after_a_restart),
		cmocka_unit_test(a_text_that_was_evicted_comes_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
