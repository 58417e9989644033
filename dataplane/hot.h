// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Included last in the files of the packet path: no allocation, no log, no lock, no file, no sleep
// there. What a worker may do of these is behind functions with names of their own (wait_sleep).

#pragma once

#pragma GCC poison malloc calloc realloc posix_memalign aligned_alloc
#pragma GCC poison rte_malloc rte_zmalloc rte_calloc
#pragma GCC poison printf fprintf snprintf sprintf vsnprintf puts log_say syslog rte_log
#pragma GCC poison pthread_mutex_lock pthread_rwlock_rdlock sem_wait rte_spinlock_lock
#pragma GCC poison open openat fopen close pread pwrite readv writev ioctl
#pragma GCC poison sendto sendmsg recvfrom recvmsg poll ppoll select epoll_wait
#pragma GCC poison sleep usleep nanosleep sched_yield gettimeofday clock_gettime getrandom
