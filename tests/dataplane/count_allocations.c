// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Counts what each thread of rouse-dataplane allocates, with this in LD_PRELOAD: calls of the C
// library's allocator, of mmap and brk, and of DPDK's rte_malloc. The counts stand in the file that
// ROUSE_ALLOCATIONS names, which the test reads while the program runs. A free is none.

// Both names of mmap are wanted here, not one made into the other.
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 64u

// Written by its thread; tests/dataplane/allocations.py knows the layout.
struct thread_count {
	uint64_t tid;
	_Atomic uint64_t heap; // malloc and its kin
	_Atomic uint64_t map;  // mmap, brk
	_Atomic uint64_t rte;  // rte_malloc and its kin
};

struct table {
	_Atomic uint32_t used;
	uint32_t pad[15];
	struct thread_count thread[THREADS];
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *rte_malloc(const char *type, size_t size, unsigned align);
void *rte_zmalloc(const char *type, size_t size, unsigned align);
void *rte_calloc(const char *type, size_t count, size_t size, unsigned align);
void *rte_realloc(void *memory, size_t size, unsigned align);
void *rte_malloc_socket(const char *type, size_t size, unsigned align, int socket);
void *rte_zmalloc_socket(const char *type, size_t size, unsigned align, int socket);
void *rte_calloc_socket(const char *type, size_t count, size_t size, unsigned align, int socket);

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct table *table;

// Not made on the heap, which is what this counts.
static __thread struct thread_count *mine __attribute__((tls_model("initial-exec")));

__attribute__((constructor)) static void open_table(void) {
	const char *path = getenv("ROUSE_ALLOCATIONS");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *at;

	if (fd < 0 || ftruncate(fd, sizeof(struct table)))
		_exit(111);
	at = (void *)syscall(
		SYS_mmap, NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		_exit(111);
	table = at;
}

static struct thread_count *counts(void) {
	uint32_t index;

	if (mine)
		return mine;
	index = atomic_fetch_add(&table->used, 1);
	if (index >= THREADS)
		_exit(112);
	mine = &table->thread[index];
	mine->tid = (uint64_t)syscall(SYS_gettid);
	return mine;
}

// Before the constructor has run nothing is counted: that is the loader's.
#define COUNT(kind) ((void)(table && atomic_fetch_add(&counts()->kind, 1)))

void *malloc(size_t size) {
	COUNT(heap);
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
	COUNT(heap);
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
	COUNT(heap);
	return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
	COUNT(heap);
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
	return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
	void *at = memalign(alignment, size);

	if (!at)
		return ENOMEM;
	*memory = at;
	return 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
	COUNT(map);
	return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset) {
	return mmap(at, size, protection, flags, fd, offset);
}

int brk(void *end) {
	COUNT(map);
	return REAL(brk)(end);
}

void *sbrk(intptr_t more) {
	COUNT(map);
	return REAL(sbrk)(more);
}

void *rte_malloc(const char *type, size_t size, unsigned align) {
	COUNT(rte);
	return REAL(rte_malloc)(type, size, align);
}

void *rte_zmalloc(const char *type, size_t size, unsigned align) {
	COUNT(rte);
	return REAL(rte_zmalloc)(type, size, align);
}

void *rte_calloc(const char *type, size_t count, size_t size, unsigned align) {
	COUNT(rte);
	return REAL(rte_calloc)(type, count, size, align);
}

void *rte_realloc(void *memory, size_t size, unsigned align) {
	COUNT(rte);
	return REAL(rte_realloc)(memory, size, align);
}

void *rte_malloc_socket(const char *type, size_t size, unsigned align, int socket) {
	COUNT(rte);
	return REAL(rte_malloc_socket)(type, size, align, socket);
}

void *rte_zmalloc_socket(const char *type, size_t size, unsigned align, int socket) {
	COUNT(rte);
	return REAL(rte_zmalloc_socket)(type, size, align, socket);
}

void *rte_calloc_socket(const char *type, size_t count, size_t size, unsigned align, int socket) {
	COUNT(rte);
	return REAL(rte_calloc_socket)(type, count, size, align, socket);
}
