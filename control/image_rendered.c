// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Rendered texts in the images region: each has a slot of its own, is in memory as long as a set
// has it, and goes like a file's old version. After a restart a text that is the same finds its
// former slot.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control_log.h"
#include "image_keeper.h"

#define RETRY_MS 20u

// In place of an inode: no file system counts so far, and a file whose inode it were would also
// have to have a name, a time and a size that a text's contents give by chance.
#define TEXT_INODE UINT64_C(0x726f757365747874) // "rousetxt"

static struct image_identity identity_of(const struct rendered_text *text) {
	struct image_identity identity = {.inode = TEXT_INODE, .size = text->len};

	memcpy(&identity.path_hash, text->sha256, sizeof(identity.path_hash));
	memcpy(&identity.mtime_ns, text->sha256 + 8, sizeof(identity.mtime_ns));
	identity.path_hash |= 1; // 0 is nobody's
	return identity;
}

bool image_rendered_is_text(const struct image_service *s, uint32_t slot) {
	return s->store.slots[slot].inode == TEXT_INODE;
}

static uint64_t unix_ns(void) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void copy(struct image_store *store, uint32_t slot, const struct rendered_text *text) {
	for (uint64_t at = 0; at < text->len;) {
		size_t room;
		uint8_t *to = image_store_room(store, slot, at, &room);

		memcpy(to, text->bytes + at, room);
		at += room;
	}
}

static void make_room(struct image_service *s) {
	if (s->dataplane_may_return)
		return;
	image_evictor_survey(&s->evictor, &s->store, s->dataplane);
	image_evictor_make_room(&s->evictor, &s->store, s->dataplane, 1, false, 1);
}

// False: there is no place now.
static bool load(struct image_service *s, const struct rendered_text *text, uint32_t *slot) {
	struct image_identity identity = identity_of(text);
	int64_t found = *slot;
	int rc;

	if (*slot == IMAGE_NO_SLOT)
		found = image_store_assign(&s->store, &identity);
	if (found < 0)
		return false;
	*slot = (uint32_t)found;
	image_store_keep(&s->store, *slot, true);
	if (image_store_state(&s->store, *slot) == IMAGE_READY)
		return true;
	rc = image_store_reserve(&s->store, *slot);
	if (rc == -ENOSPC)
		make_room(s);
	if (rc < 0)
		return false;
	copy(&s->store, *slot, text);
	found = image_store_commit(&s->store, *slot, text->sha256, unix_ns());
	if (found < 0)
		return false;
	*slot = (uint32_t)found;
	return true;
}

static bool is_there(const struct image_service *s, uint32_t slot) {
	return slot != IMAGE_NO_SLOT && image_store_state(&s->store, slot) == IMAGE_READY;
}

static void load_missing(struct image_service *s) {
	struct image_rendered *r = &s->rendered;

	r->missing = 0;
	for (size_t i = 0; i < r->set->text_count; i++) {
		if (is_there(s, r->slots[i]))
			continue;
		if (load(s, r->set->texts[i], &r->slots[i]))
			s->dirty = true;
		else
			r->missing++;
	}
	r->due_ms = image_keeper_now_ms() + RETRY_MS;
	if (r->missing && !r->told)
		control_log(CONTROL_WARNING,
			"%zu rendered texts have no place in memory:, raise it; until then their "
			"machines find none",
			r->missing);
	r->told = r->missing != 0;
}

static uint32_t find_former(struct image_service *s, const struct rendered_text *text) {
	struct image_identity identity = identity_of(text);
	// Later, those that no set has are on their way out.
	bool first = s->store.adopted && !s->rendered.set;
	int64_t slot = first ? image_store_find(&s->store, &identity) : -ENOENT;

	return slot < 0 ? IMAGE_NO_SLOT : (uint32_t)slot;
}

// Both sets have their texts by hash: what is in both keeps its slot, what is not in the next goes.
static uint32_t *take_slots(struct image_service *s, const struct rendered_set *next) {
	const struct rendered_set *old = s->rendered.set;
	uint32_t *slots = mem_alloc(next->text_count * sizeof(*slots));
	size_t k = 0, old_count = old ? old->text_count : 0;

	for (size_t i = 0; i < next->text_count; i++) {
		int order = 1;

		for (; k < old_count; k++) {
			order = memcmp(
				old->texts[k]->sha256, next->texts[i]->sha256, RENDERED_SHA_SIZE);
			if (order >= 0)
				break;
			if (s->rendered.slots[k] != IMAGE_NO_SLOT)
				image_retire_add(&s->retire, s->rendered.slots[k], s->version);
		}
		slots[i] = k < old_count && order == 0 ? s->rendered.slots[k++]
						       : find_former(s, next->texts[i]);
	}
	for (; k < old_count; k++)
		if (s->rendered.slots[k] != IMAGE_NO_SLOT)
			image_retire_add(&s->retire, s->rendered.slots[k], s->version);
	return slots;
}

// Texts of the process before that no set has any more.
static void retire_former(struct image_service *s) {
	for (uint32_t slot = 0; slot < s->store.used_slots; slot++)
		if (image_rendered_is_text(s, slot) && image_store_is_unclaimed(&s->store, slot))
			image_retire_add(&s->retire, slot, s->version);
}

void image_rendered_take(struct image_service *s, struct rendered_set *next) {
	struct image_rendered *r = &s->rendered;
	uint32_t *slots = take_slots(s, next);
	bool first = !r->set;

	rendered_set_drop(r->set);
	free(r->slots);
	r->set = next;
	r->slots = slots;
	if (first && s->store.adopted)
		retire_former(s);
	s->dirty = true;
	load_missing(s);
}

// Texts are evicted when nothing else can be: they come back at once.
void image_rendered_check(struct image_service *s) {
	struct image_rendered *r = &s->rendered;

	if (r->set && (r->missing || s->store.evicting) && image_keeper_now_ms() >= r->due_ms)
		load_missing(s);
}

void image_rendered_report(struct image_service *s, struct image_table *table) {
	struct image_rendered *r = &s->rendered;

	if (!r->set)
		return;
	table->rendered = rendered_set_hold(r->set);
	table->rendered_places =
		arena_alloc(&table->arena, r->set->text_count * sizeof(*table->rendered_places));
	for (size_t i = 0; i < r->set->text_count; i++)
		if (r->slots[i] != IMAGE_NO_SLOT)
			table->rendered_places[i] = (struct image_rendered_place){
				.served = true,
				.slot = r->slots[i],
				.generation = image_store_generation(&s->store, r->slots[i]),
			};
}

void image_rendered_close(struct image_service *s) {
	rendered_set_drop(s->rendered.set);
	rendered_set_drop(s->shared.rendered);
	free(s->rendered.slots);
}
