// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What comes into memory and what leaves it. What somebody waits for comes first, and others make
// room for it; then whatever fits, without that.

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control_log.h"
#include "image_keeper.h"
#include "image_load.h"

#define TRIES_GAP_MS 250u
#define PEER_MS      50u         // between two looks whether the dataplane is the same
#define ROOM_GAP_MS  5u          // between two looks at what can make room
#define SMALL_BYTES  (16u << 20) // loaded between two pieces of a larger file
#define SHARE        8u // of the memory is evicted at a time at most, unless one file takes more

static bool has_slot(const struct catalog_file *file) {
	return file->slot != IMAGE_NO_SLOT;
}

static enum image_state state_of(const struct image_service *s, const struct catalog_file *file) {
	return has_slot(file) ? image_store_state(&s->store, file->slot) : IMAGE_ABSENT;
}

static void set_slot(struct image_service *s, struct catalog_file *file, uint32_t slot) {
	file->slot = slot;
	file->state = POLICY_NAME_SERVED;
	s->owner[slot] = (uint32_t)(file - s->catalog.files);
	image_store_keep(&s->store, slot, file->rank == CATALOG_PRELOAD);
	s->dirty = true;
}

void image_fill_assign(struct image_service *s, struct catalog_file *file) {
	int64_t slot = image_store_assign(&s->store, &file->identity);

	if (slot < 0)
		image_fill_refuse(s, file, POLICY_NAME_NO_MEMORY,
			"there are more files than memory: has places for");
	else
		set_slot(s, file, (uint32_t)slot);
}

void image_fill_release(struct image_service *s, struct catalog_file *file) {
	if (!has_slot(file))
		return;
	image_variant_release(s, file);
	image_retire_add(&s->retire, file->slot, s->version);
	s->owner[file->slot] = NO_OWNER;
	image_demand_drop(&s->demand, file->slot);
	file->slot = IMAGE_NO_SLOT;
	s->dirty = true;
}

void image_fill_refuse(
	struct image_service *s, struct catalog_file *file, uint16_t state, const char *reason) {
	bool news = file->state != state || has_slot(file) || strcmp(file->reason, reason) != 0;

	image_fill_release(s, file);
	file->state = state;
	file->reason = reason;
	file->wanted = false;
	s->dirty |= news;
	if (news)
		control_log(CONTROL_WARNING, "%s is left out: %s", file->path, reason);
}

// --- one file

static void take_loaded(
	struct image_service *s, struct catalog_file *file, const struct image_loaded *loaded) {
	if (loaded->slot != file->slot) {
		image_fill_release(s, file);
		set_slot(s, file, loaded->slot);
	}
	s->dirty |= file->identity.size != loaded->identity.size;
	file->identity = loaded->identity;
	file->wanted = false;
	file->tries = 0;
	file->retry_ms = 0;
	image_variant_check(s, file);
}

// A try is one for each TRIES_GAP_MS, however many clients ask for it meanwhile: they wait.
static void load_changing(struct image_service *s, struct catalog_file *file) {
	file->retry_ms = image_keeper_now_ms() + TRIES_GAP_MS;
	if (++file->tries <= IMAGE_TRIES_MAX) {
		image_scan_schedule(s, TRIES_GAP_MS);
		return;
	}
	// An older version that is whole goes on being served.
	if (!has_slot(file) || !s->store.slots[file->slot].loaded_unix_ns)
		image_fill_refuse(
			s, file, POLICY_NAME_UNREADABLE, "it keeps changing while it is read");
	file->wanted = false;
	file->tries = 0;
	image_scan_schedule(s, 4 * TRIES_GAP_MS);
}

// There is no room beside the version in memory: that one is served no longer, and its room is the
// new one's when nobody reads it any more.
static void replace_at_once(struct image_service *s, struct catalog_file *file) {
	image_fill_release(s, file);
	image_fill_assign(s, file);
}

static bool is_resting(const struct catalog_file *file) {
	return image_keeper_now_ms() < file->retry_ms;
}

static void load_between(void *context) {
	struct image_service *s = context;

	if (s->nested)
		return;
	s->nested = true;
	image_fill_follow(s);
	image_fill_demands(s);
	s->nested = false;
}

static enum image_load_result load_file(struct image_service *s, struct catalog_file *file) {
	struct image_job job = {
		.store = &s->store,
		.root_fd = s->root_fd,
		.path = file->path,
		.path_hash = file->identity.path_hash,
		.slot = file->slot,
		.stop = &s->stop,
		.between = load_between,
		.context = s,
	};
	struct image_loaded loaded;
	enum image_load_result result = image_load(&job, &loaded);

	if (result == IMAGE_LOADED)
		take_loaded(s, file, &loaded);
	else if (result == IMAGE_CHANGING)
		load_changing(s, file);
	else if (result == IMAGE_UNREADABLE)
		image_fill_refuse(s, file, POLICY_NAME_UNREADABLE,
			loaded.error == EACCES ? "permission denied" : "it cannot be read");
	return result;
}

// --- what fits

void image_fill_begin(struct image_service *s) {
	free(s->fill);
	s->fill_count = catalog_wanted(&s->catalog, &s->fill);
	s->fill_next = 0;
	s->partial = true;
}

static bool is_current(const struct image_service *s, const struct catalog_file *file) {
	return has_slot(file) && image_store_is_of(&s->store, file->slot, &file->identity);
}

// It does not fit beside what is in memory. What is to be preloaded has others make room for it.
static void put_off(struct image_service *s, struct catalog_file *file) {
	bool must = file->rank == CATALOG_PRELOAD;

	if (!is_current(s, file) && state_of(s, file) == IMAGE_READY) {
		replace_at_once(s, file);
		must = true;
	}
	if (must && has_slot(file))
		image_demand_add(&s->demand, file->slot,
			image_store_generation(&s->store, file->slot), image_keeper_now_ms(), true);
	file->wanted = false;
}

// A version that is served gives way to a new one that has settled only, which is known when its
// file was opened.
static bool may_fit(const struct image_service *s, const struct catalog_file *file) {
	return image_alloc_fits(s->store.alloc, file->identity.size) ||
	       (!is_current(s, file) && state_of(s, file) == IMAGE_READY);
}

static void fill_file(struct image_service *s, struct catalog_file *file) {
	if (!file->wanted || (is_current(s, file) && state_of(s, file) != IMAGE_ABSENT))
		return;
	if (is_resting(file))
		image_scan_schedule(s, TRIES_GAP_MS);
	else if (!may_fit(s, file) || load_file(s, file) == IMAGE_NO_MEMORY)
		put_off(s, file);
}

static bool all_resident(const struct image_service *s) {
	for (size_t i = 0; i < s->catalog.count; i++)
		if (has_slot(&s->catalog.files[i]) &&
			state_of(s, &s->catalog.files[i]) != IMAGE_READY)
			return false;
	return true;
}

bool image_fill_step(struct image_service *s) {
	if (s->fill_next < s->fill_count)
		fill_file(s, s->fill[s->fill_next++]);
	if (s->fill_next < s->fill_count)
		return true;
	if (s->fill_count)
		s->partial = !all_resident(s);
	s->fill_count = s->fill_next = 0;
	return false;
}

// --- what somebody waits for

// The file that a want is for; NULL: there is nothing to do any more.
static struct catalog_file *wanted_file(struct image_service *s, const struct image_want *want) {
	struct catalog_file *file;

	if (s->owner[want->slot] == NO_OWNER ||
		image_store_generation(&s->store, want->slot) != want->generation ||
		image_demand_is_stale(want, image_keeper_now_ms()))
		return NULL;
	file = &s->catalog.files[s->owner[want->slot]];
	return image_store_state(&s->store, want->slot) == IMAGE_READY ? NULL : file;
}

// A file's size is what is on disk by now; a variant's is its own.
static uint64_t size_of(const struct image_service *s, const struct image_want *want) {
	const struct catalog_file *file = &s->catalog.files[s->owner[want->slot]];

	return want->slot == file->slot ? file->identity.size : s->store.slots[want->slot].size;
}

// The slot of the first want that can be loaded now; those that are done with are dropped on the
// way. IMAGE_NO_SLOT: none.
static uint32_t next_demand(struct image_service *s) {
	struct image_demand *demand = &s->demand;

	for (size_t i = 0; i < demand->count;) {
		struct image_want *want = &demand->list[i];
		struct catalog_file *file = wanted_file(s, want);

		if (!file) {
			image_demand_drop(demand, want->slot);
			continue;
		}
		i++;
		if (want->starved || is_resting(file) ||
			image_store_state(&s->store, want->slot) != IMAGE_ABSENT ||
			(s->nested && size_of(s, want) > SMALL_BYTES))
			continue;
		want->starved = !image_alloc_fits(s->store.alloc, size_of(s, want));
		if (!want->starved)
			return want->slot;
	}
	return IMAGE_NO_SLOT;
}

static void load_demand(struct image_service *s, uint32_t slot) {
	struct catalog_file *file = &s->catalog.files[s->owner[slot]];
	enum image_load_result result =
		slot == file->slot ? load_file(s, file) : image_variant_load(s, file);

	if (result == IMAGE_NO_MEMORY && s->demand.place[slot])
		s->demand.list[s->demand.place[slot] - 1].starved = true;
	else if (result != IMAGE_CHANGING || !is_resting(file))
		image_demand_drop(&s->demand, slot);
}

// What a want needs, by the catalog. A file that no extents are short for is short of map entries:
// more has to go for it than it takes.
static uint64_t extents_of(const struct image_service *s, const struct image_want *want,
	const struct image_survey *survey) {
	uint64_t extents = image_alloc_extents(size_of(s, want));

	return extents > survey->free ? extents : extents + survey->free;
}

// Preloaded files leave only for what has no place beside them even when nobody reads anything.
static bool may_take_all(
	const struct image_service *s, const struct image_survey *survey, uint64_t extents) {
	return extents + survey->preloaded > s->store.extent_count;
}

// How many extents are to be free for those that starve, of what there can be. Whoever fits not
// even then waits for transfers to end.
static uint64_t extents_for_starved(
	const struct image_service *s, const struct image_survey *survey, bool *kept) {
	uint64_t most = survey->free + survey->coming + survey->draining + survey->evictable +
			survey->pinned;
	uint64_t share = s->store.extent_count / SHARE, sum = 0;

	for (size_t i = 0; i < s->demand.count && (sum == 0 || sum < share); i++) {
		const struct image_want *want = &s->demand.list[i];
		uint64_t extents = want->starved ? extents_of(s, want, survey) : 0;
		bool all = !want->must && may_take_all(s, survey, extents);

		if (!want->starved || sum + extents > most + (all ? survey->kept : 0))
			continue;
		sum += extents;
		*kept |= all;
	}
	return sum;
}

// What nobody asks for again is given up when there is no place for it: it is loaded on request.
static void give_up(struct image_service *s, const struct image_survey *survey) {
	for (size_t i = s->demand.count; i-- > 0;) {
		const struct image_want *want = &s->demand.list[i];

		if (want->starved && want->must &&
			may_take_all(s, survey, extents_of(s, want, survey)))
			image_demand_drop(&s->demand, want->slot);
	}
}

static void make_room(struct image_service *s) {
	uint64_t now = image_keeper_now_ms(), extents;
	const struct image_survey *survey;
	bool kept = false;

	if (s->dataplane_may_return || now < s->room_due_ms)
		return;
	s->room_due_ms = now + ROOM_GAP_MS;
	survey = image_evictor_survey(&s->evictor, &s->store, s->dataplane);
	extents = extents_for_starved(s, survey, &kept);
	image_evictor_make_room(&s->evictor, &s->store, s->dataplane, extents, kept,
		extents > s->store.extent_count / SHARE ? extents : s->store.extent_count / SHARE);
	give_up(s, survey);
	s->partial = true;
}

void image_fill_demands(struct image_service *s) {
	uint32_t slot;
	bool starved = false;

	for (size_t i = 0; i < s->demand.count; i++)
		s->demand.list[i].starved = false;
	while (!atomic_load(&s->stop) && (slot = next_demand(s)) != IMAGE_NO_SLOT)
		load_demand(s, slot);
	for (size_t i = 0; i < s->demand.count; i++)
		starved |= s->demand.list[i].starved;
	if (starved)
		make_room(s);
}

// --- the dataplane

void image_fill_follow(struct image_service *s) {
	uint64_t now = image_keeper_now_ms(), version, generation;

	if (now >= s->peer_due_ms) {
		s->dataplane = image_peer_look(&s->peer, s->runtime_dir, &s->dataplane_may_return);
		s->peer_due_ms = now + PEER_MS;
	}
	if (s->dataplane)
		image_demand_poll(&s->demand, s->dataplane, s->want_tail, now);
	if (s->dataplane_may_return)
		return;
	pthread_mutex_lock(&s->shared.lock);
	version = s->shared.published_version;
	generation = s->shared.published_generation;
	pthread_mutex_unlock(&s->shared.lock);
	image_retire_run(&s->retire, &s->store, s->dataplane, version, generation);
	if (s->store.evicting)
		image_store_reap(&s->store, s->dataplane);
	atomic_store_explicit(
		&s->free_bytes, image_store_free_bytes(&s->store), memory_order_relaxed);
}
